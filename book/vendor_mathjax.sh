#!/usr/bin/env bash
# Vendors MathJax 3 (script and woff-v2 fonts) into book/_static/mathjax, so that formulas render without a network.
# Needs npm. Run it only to change the version: set `version` and the archive's `sha256`, run, commit the result.
set -euo pipefail
version=3.2.2
sha256=1b9c0a1c44df864e915690558e72adb9cc5203360daefd385084ced3b6c64c09
target=$(cd "$(dirname "$0")" && pwd)/_static/mathjax
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "mathjax@$version" >/dev/null
echo "$sha256  mathjax-$version.tgz" | sha256sum --check --quiet
tar -xzf "mathjax-$version.tgz"

rm -rf "$target"
mkdir -p "$target/output/chtml/fonts"
# The "full" component holds every TeX extension; the plain one fetches \boldsymbol, \cancel and others on demand.
cp package/es5/tex-chtml-full.js package/LICENSE "$target"
cp -r package/es5/output/chtml/fonts/woff-v2 "$target/output/chtml/fonts"
cd "$target"
find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
echo "mathjax $version: $(du -sh . | cut -f1) in book/_static/mathjax"

#!/usr/bin/env bash
# Vendors KaTeX: the script, which sets formulas when the book is built, into book/_ext/katex, and what a page loads, its
# style and its woff2 fonts, into book/_static/katex.
# Needs npm. Run it only to change the version: set `version` and the archive's `sha256`, run, commit the result.
set -euo pipefail
version=0.19.1
sha256=24da5a599eb2fcede2e270b99a6ff48bca816beecc95feeb84e8cccbd1bb34fd
book=$(cd "$(dirname "$0")" && pwd)
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "katex@$version" >/dev/null
echo "$sha256  katex-$version.tgz" | sha256sum --check --quiet
tar -xzf "katex-$version.tgz"

rm -rf "$book/_ext/katex" "$book/_static/katex"
mkdir -p "$book/_ext/katex" "$book/_static/katex/fonts"
cp package/dist/katex.min.js package/LICENSE "$book/_ext/katex"
cp package/LICENSE "$book/_static/katex"
cp package/dist/fonts/*.woff2 "$book/_static/katex/fonts"
# Every browser that shows the book reads woff2.
sed -E 's/,url\([^)]*\.(woff|ttf)\) format\("[a-z]*"\)//g' package/dist/katex.min.css > "$book/_static/katex/katex.css"
for folder in "$book/_ext/katex" "$book/_static/katex"; do
  cd "$folder"
  find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
done
echo "KaTeX $version: $(du -sh "$book/_static/katex" | cut -f1) in book/_static/katex"

#!/usr/bin/env bash
# Vendors reveal.js (script and base style, no theme, no plugin) into book/_static/reveal, so that slides need no network.
# Needs npm. Run it only to change the version: set `version` and the archive's `sha256`, run, commit the result.
set -euo pipefail
version=5.2.1
sha256=359b575dd51bbda32f89b2fd4c7dc46ad7389a805572158916c29252f7a27333
target=$(cd "$(dirname "$0")" && pwd)/_static/reveal
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "reveal.js@$version" >/dev/null
echo "$sha256  reveal.js-$version.tgz" | sha256sum --check --quiet
tar -xzf "reveal.js-$version.tgz"

rm -rf "$target"
mkdir -p "$target"
# The map that the script's last line names is not needed, and its address would be asked for.
sed '/^\/\/# sourceMappingURL=/d' package/dist/reveal.js > "$target/reveal.js"
cp package/dist/reveal.css package/LICENSE "$target"
cd "$target"
find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
echo "reveal.js $version: $(du -sh . | cut -f1) in book/_static/reveal"

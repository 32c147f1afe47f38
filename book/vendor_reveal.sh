#!/usr/bin/env bash
# Vendors reveal.js (script, base style and the speaker's window, no theme) into book/_static/reveal, so that slides need no network.
# The speaker's window has marked built in, so its licence comes along.
# Needs npm. Run it only to change the version: set the versions and the archives' sums, run, commit the result.
set -euo pipefail
version=5.2.1
sha256=359b575dd51bbda32f89b2fd4c7dc46ad7389a805572158916c29252f7a27333
marked=4.3.0
marked_sha256=bc795399d6e7c096521080d66ce6ca96a00875b4bb0df36e0f041815484f633b
target=$(cd "$(dirname "$0")" && pwd)/_static/reveal
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "reveal.js@$version" >/dev/null
echo "$sha256  reveal.js-$version.tgz" | sha256sum --check --quiet
tar -xzf "reveal.js-$version.tgz"
mkdir marked
(cd marked && npm pack --silent "marked@$marked" >/dev/null && echo "$marked_sha256  marked-$marked.tgz" | sha256sum --check --quiet && tar -xzf "marked-$marked.tgz")

rm -rf "$target"
mkdir -p "$target"
# The map that the script's last line names is not needed, and its address would be asked for.
sed '/^\/\/# sourceMappingURL=/d' package/dist/reveal.js > "$target/reveal.js"
cp package/dist/reveal.css package/LICENSE package/plugin/notes/notes.js "$target"
cp marked/package/LICENSE.md "$target/LICENSE-marked"
cd "$target"
find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
echo "reveal.js $version: $(du -sh . | cut -f1) in book/_static/reveal"

#!/usr/bin/env bash
# Vendors MiniSearch (MIT), which the book's search loads on first use, into book/_static/minisearch.
# Needs npm. Run it only to change the version: set `version` and the archive's `sha256`, run, commit the result.
set -euo pipefail
version=7.2.0
sha256=cb3b8126a3ea65d6b387787294f0792b0ea4a40b70f8f37688066a5638e0218a
target=$(cd "$(dirname "$0")" && pwd)/_static/minisearch
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "minisearch@$version" >/dev/null
echo "$sha256  minisearch-$version.tgz" | sha256sum --check --quiet
tar -xzf "minisearch-$version.tgz"

rm -rf "$target"
mkdir -p "$target"
grep -v '^//# sourceMappingURL' package/dist/umd/index.js > "$target/minisearch.js"
cp package/LICENSE.txt "$target/LICENSE"
echo "minisearch $version: $(du -sh "$target" | cut -f1) in book/_static/minisearch"

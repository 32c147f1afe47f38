#!/usr/bin/env bash
# Vendors MicroPython in WebAssembly into book/_static/micropython, so that a page runs its reader's Python without a network.
# The module and the machine code, in base64, stand in one script: pages opened from a disk may load scripts and nothing else.
# Needs npm and node. Run it only to change the version: set `version` and the archive's `sha256`, run, commit the result.
# The package holds no licence text: LICENSE is that of github.com/micropython/micropython.
set -euo pipefail
version=1.27.0
sha256=303919763c8ebfe5923b9da66226c20dce44ad72b604b225fb39338ea15367af
package=@micropython/micropython-webassembly-pyscript
target=$(cd "$(dirname "$0")" && pwd)/_static/micropython
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

cd "$work"
npm pack --silent "$package@$version" >/dev/null
mv ./*.tgz package.tgz
echo "$sha256  package.tgz" | sha256sum --check --quiet
tar -xzf package.tgz

test -f "$target/LICENSE"
node - "$version" "$target" <<'JS'
const fs = require("fs"), [version, target] = process.argv.slice(2);
// As a plain script: a page opened from a disk may start no worker that is a module.
let module = fs.readFileSync("package/micropython.mjs", "utf8");
for (const [was, is] of [["export default _createMicroPythonModule;", ""], ["export async function loadMicroPython", "async function loadMicroPython"]]) {
  if (module.split(was).length !== 2) throw new Error(`not found once: ${was}`);
  module = module.replace(was, is);
}
module = module.replaceAll("import.meta.url", "location.href");
const wasm = fs.readFileSync("package/micropython.wasm").toString("base64");
fs.writeFileSync(`${target}/micropython.js`,
  `/* MicroPython ${version}, MIT licence: see LICENSE. Written by book/vendor_micropython.sh. */\n` +
  `window.MICROPYTHON = ${JSON.stringify({ module, wasm })};\n`);
JS
cd "$target"
find . -type f ! -name SHA256SUMS | LC_ALL=C sort | xargs sha256sum > SHA256SUMS
echo "MicroPython $version: $(du -sh . | cut -f1) in book/_static/micropython"

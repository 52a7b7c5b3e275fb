#!/bin/sh
# In a folder with node_modules: removes what this machine cannot load. Temporal's native module and ONNX Runtime come for every system.
set -eu
case "$(uname -m)" in
  x86_64) rust=x86_64-unknown-linux-gnu node=x64 ;;
  aarch64 | arm64) rust=aarch64-unknown-linux-gnu node=arm64 ;;
  *) echo "There is no native module for $(uname -m)." >&2; exit 1 ;;
esac
find node_modules/@temporalio/core-bridge/releases -mindepth 1 -maxdepth 1 ! -name "$rust" -exec rm -r {} +
for api in node_modules/onnxruntime-node/bin/*; do
  find "$api" -mindepth 1 -maxdepth 1 ! -name linux -exec rm -r {} +
  find "$api/linux" -mindepth 1 -maxdepth 1 ! -name "$node" -exec rm -r {} +
done
# Both must still be there.
test -d "node_modules/@temporalio/core-bridge/releases/$rust"
ls node_modules/onnxruntime-node/bin/*/linux/"$node"/*.node > /dev/null

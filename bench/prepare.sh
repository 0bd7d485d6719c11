# Sourced by the commands in this folder: builds what is measured. Not part of scripts/test.
. "$(dirname "$0")/../scripts/prepare.sh"

bundles=$target/bench/bundles
if revision=$(git rev-parse --short HEAD 2>/dev/null); then
    # The results of the commands before are no change of what is measured.
    git diff --quiet HEAD -- ':!bench/RESULTS.md' || revision=$revision-dirty
else
    revision=unknown
fi
places="--patchbay $target/dist/patchbay --bench bench --bundles $bundles
    --handler sample-connectors/seed-example/global-webhooks/webhook-key/handle.js
    --data $target/bench/data-$$ --revision $revision"

build_dist() { # features of the server, if any
    echo "→ server and generator, optimised across crates (the first time 15 to 25 minutes on two cores, later 5 to 10 after a change)"
    cargo build --profile dist --locked -p patchbay -p patchbay-bench ${1:+--features "$1"}
}

# Native modules are compiled here: their ready-made files are for machines with access to GitHub. A peer whose module
# cannot be built is left out of the comparison.
build_peers() {
    if [ -z "${npm_config_nodedir:-}" ] && [ -e /usr/include/node/node.h ]; then
        export npm_config_nodedir=/usr
    fi
    npm_install bench/peers
}

# The seed's handler for each engine, and another connector of the same engine. One that cannot be built is left out.
build_bundles() {
    npm_install sdk-js
    mkdir -p "$bundles"
    rm -f "$bundles"/*.wasm
    build_javascript starlingmonkey seed-example
    build_javascript starlingmonkey-second slack
    build_javascript quickjs seed-example --engine quickjs
    build_javascript quickjs-second slack --engine quickjs
    echo "→ bundle: rust"
    scripts/rust-connector bench/seed-rust "$bundles/rust.wasm" || echo "left out: rust"
}

build_javascript() { # name, sample, options
    name=$1 sample=$2
    shift 2
    echo "→ bundle: $name"
    node sdk-js/bin/patchbay-sdk.js build "sample-connectors/$sample" "$@" -o "$bundles/$name.wasm" >/dev/null || echo "left out: $name"
}

# Sourced by the other scripts: names what is missing, installs what npm has, builds the server.
set -eu
cd "$(dirname "$0")/.."

need() { # command, what it is for, how to get it
    command -v "$1" >/dev/null 2>&1 && return
    echo "Missing: $1 ($2). $3" >&2
    missing=yes
}

missing=no
need cargo "builds the server" "Install Rust 1.95 or newer: https://rustup.rs"
need cc "links the server" "Install a C compiler, for example: apt-get install build-essential"
need node "builds connectors" "Install Node.js 20 or newer: https://nodejs.org"
need npm "builds connectors" "It comes with Node.js."
[ "$missing" = no ] || exit 1

node_major=$(node -p 'process.versions.node.split(".")[0]')
if [ "$node_major" -lt 20 ]; then
    echo "Node.js $(node --version) is too old: 20 or newer is needed. https://nodejs.org" >&2
    exit 1
fi

# Installs what the lock file names, where that has changed since. Not with npm ci: that refuses a lock file which lacks
# optional packages for other platforms, and not every registry has those.
npm_install() {
    stamp="$1/node_modules/.patchbay-lock"
    cmp -s "$1/package-lock.json" "$stamp" 2>/dev/null && return
    echo "→ npm packages of $1"
    npm install --prefix "$1" --no-save --no-audit --no-fund --loglevel=error
    cp "$1/package-lock.json" "$stamp"
}

target=${CARGO_TARGET_DIR:-target}

build_server() {
    if [ ! -d "$target/debug/deps" ]; then
        echo "→ the server, for the first time: this compiles a WebAssembly engine and takes 10 to 20 minutes on two cores"
    else
        echo "→ the server"
    fi
    cargo build --locked
}

/**
 * What `--help` prints.
 */

/** @type {Record<string, string>} */
export const HELP = {
  main: `patchbay-sdk: turns a connector folder into a bundle that a Patchbay host runs

  patchbay-sdk init <folder> [--from <sample>]         a new connector, from a template or a sample
  patchbay-sdk check <folder>                          lists every mistake in the folder
  patchbay-sdk test <folder>                           checks, builds, and runs its examples in the real sandbox
  patchbay-sdk dev <folder>                            a host on this machine; every change is live, every request shown
  patchbay-sdk push <folder> --host URL --token T      builds it and uploads it to a host
  patchbay-sdk build <folder> [-o out.wasm]            checks it, then makes the bundle
  patchbay-sdk bundle <folder> --component file.wasm [-o out.wasm]
                                                       joins it with a component built elsewhere
  patchbay-sdk <command> --help                        says more

A connector folder holds

  spec.yml                                  key, name, parametersSchema, apiHosts
  global-webhooks/<key>/spec.yml, handle.js
  events/<key>/spec.yml, get-event-selector.js (or .ts, or .map.yml)
  auth/spec.yml, make-api-client.map.yml    credentials and requests to the external app
  examples/*.json                           requests and subscriptions, and what must come of them

Exit status: 0 done, 1 the folder has mistakes or the build failed, 2 the arguments cannot be understood.
`,
  init: `patchbay-sdk init <folder> [--from <sample>]

Makes a new connector: from a template with one signed webhook, one event and examples, or as a copy of a sample that
ships with the SDK, by its name or the provider's: \`--from GitHub\`. \`patchbay-sdk init\` alone lists them.
Nothing is overwritten: the folder must be new or empty.
`,
  test: `patchbay-sdk test <folder> [--engine quickjs] [--component file.wasm] [--patchbay PATH]

Checks and builds the folder, then runs examples/*.json with the host program, \`patchbay test\`: in the real sandbox,
under the real limits, without a server or a network. Its output and exit status are passed on. With --component nothing is
built: that component is the connector's code, as for \`bundle\`.

The host program is looked for at --patchbay, in PATCHBAY_BIN, on PATH, and in a clone of the repository where cargo
builds it.
`,
  dev: `patchbay-sdk dev <folder> [--engine quickjs] [--parameters file.json] [--host URL --token T] [--patchbay PATH] [--port N]

Watches the folder and brings every change to a host, to the integration \`dev\`. Shows the URI of each webhook, and each
request as it comes: what was answered, which events went where, what was refused, what failed and in which line of
yours, and what the handler printed.

Without --host a host is started on this machine, at a free port or at --port. Its data is kept in the SDK's cache
folder, one for each connector, so URIs, customers and subscriptions are still there at the next start. Deliveries may go to
127.0.0.0/8.

--parameters names the connector parameters of the integration. Without it they stay as they are; a new integration on a
host that was started here gets those of an example.
`,
  push: `patchbay-sdk push <folder> [--engine quickjs] [--component file.wasm] --host URL --token T

Builds the folder and uploads the bundle to a host. Integrations that do not name a version run it from then on.
PATCHBAY_URL and PATCHBAY_TOKEN in the environment stand for the two options.
`,
  check: `patchbay-sdk check <folder>

Reads the folder, bundles its JavaScript and lists every mistake, one a line, as \`file:line: what. remedy\`.
Runs none of the connector's code and writes nothing. Exit status 1 if there is a mistake; warnings do not count.
`,
  build: `patchbay-sdk build <folder> [--engine quickjs] [-o out.wasm]

Checks the folder and writes the bundle: to <folder>/dist/<key>.wasm, or where -o says.
The last line on stdout is its path, size and SHA-256. Progress and warnings go to stderr.

--engine, or \`engine\` in spec.yml, chooses what runs the JavaScript: starlingmonkey, the default, or quickjs, which makes
smaller bundles and faster calls.

The build loads your modules once and keeps them loaded in the bundle, so code at module level runs now, not for each
request. A build takes a few seconds, the first on a machine a little longer; after a change of YAML alone well under
one, because components are kept in \${XDG_CACHE_HOME:-~/.cache}/patchbay-sdk (the newest 32).
`,
  bundle: `patchbay-sdk bundle <folder> --component file.wasm [-o out.wasm]

Appends the manifest of the folder to a component that implements the world \`connector\` of patchbay:connector@0.1.0
and was built by other tools, for example from Rust. The specs say \`implementationType: component\` where it answers.
JavaScript files are not looked for. Without -o the bundle goes to <folder>/dist/<key>.wasm.
`,
};

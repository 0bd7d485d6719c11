/**
 * The texts of `--help`.
 */

/** @type {Record<string, string>} */
export const HELP = {
  main: `patchbay-sdk: builds a connector folder into a bundle for a Patchbay host

  patchbay-sdk init <folder> [--from <sample>]         creates a connector from a template or a sample
  patchbay-sdk check <folder>                          lists every mistake in the folder
  patchbay-sdk test <folder>                           checks, builds, and runs the examples in the real sandbox
  patchbay-sdk dev <folder>                            runs a local host; uploads every change, prints every request
  patchbay-sdk push <folder> --host URL --token T      builds and uploads to a host
  patchbay-sdk build <folder> [-o out.wasm]            checks, then builds the bundle
  patchbay-sdk bundle <folder> --component file.wasm [-o out.wasm]
                                                       joins the folder with a component built by other tools
  patchbay-sdk <command> --help                        prints details

A connector folder holds

  spec.yml                                  key, name, parametersSchema, apiHosts
  global-webhooks/<key>/spec.yml, handle.js
  events/<key>/spec.yml, get-event-selector.js (or .ts, or .map.yml)
  auth/spec.yml, make-api-client.map.yml    credentials and requests to the external app
  examples/*.json                           requests and subscriptions with their expected results

Exit status: 0 success, 1 mistakes in the folder or a failed build, 2 invalid arguments.
`,
  init: `patchbay-sdk init <folder> [--from <sample>]

Creates a connector. Without --from it is a template with one signed webhook, one event and examples. With --from it is a copy
of a sample, by its name or the provider's: \`--from GitHub\`. \`patchbay-sdk init\` without arguments lists the samples.
The folder must be new or empty; nothing is overwritten.
`,
  test: `patchbay-sdk test <folder> [--engine quickjs] [--component file.wasm] [--patchbay PATH]

Checks and builds the folder, then runs examples/*.json with the host program, \`patchbay test\`: in the real sandbox, with the
real limits, without a server or a network. Its output and exit status are passed on. With --component, that component is the
connector's code, as for \`bundle\`, and nothing is built.

The command looks for the host program at --patchbay, in PATCHBAY_BIN, on PATH, and where cargo builds it in a clone of the
repository.
`,
  dev: `patchbay-sdk dev <folder> [--engine quickjs] [--parameters file.json] [--host URL --token T] [--patchbay PATH] [--port N]

Watches the folder and uploads every change to a host, for the integration \`dev\`. Prints the URI of each webhook, and each
request: the response, the events with their deliveries, rejected events, failures with your file and line, and the handler's
console output.

Without --host the command starts a host on this machine, on a free port or on --port. Its data is kept in the SDK's cache
folder, separately for each connector, so URIs, customers and subscriptions persist. Deliveries to 127.0.0.0/8 are allowed.

--parameters sets the connector parameters of the integration. Without it they are unchanged; a new integration on a local host
gets the parameters of an example.
`,
  push: `patchbay-sdk push <folder> [--engine quickjs] [--component file.wasm] --host URL --token T

Builds the folder and uploads the bundle to a host. Integrations that do not name a version use the new one.
The environment variables PATCHBAY_URL and PATCHBAY_TOKEN replace the two options.
`,
  check: `patchbay-sdk check <folder>

Reads the folder, bundles its JavaScript and lists every mistake, one per line, as \`file:line: what. remedy\`.
Runs none of the connector's code and writes nothing. The exit status is 1 if there is an error; warnings do not count.

Warnings also name what the folder has and Patchbay does not use, such as \`version\` in spec.yml or the folder data/: it is
left out of the bundle. A likely misspelling is an error.
`,
  build: `patchbay-sdk build <folder> [--engine quickjs] [-o out.wasm]

Checks the folder and writes the bundle: to <folder>/dist/<key>.wasm, or where -o says.
The last line on stdout is its path, size and SHA-256. Progress and warnings go to stderr.

--engine, or \`engine\` in spec.yml, selects the JavaScript engine: starlingmonkey, the default, or quickjs, for smaller bundles
and faster calls.

The build loads your modules once and stores the result in the bundle, so code at module level runs during the build, not for
each request. A build takes a few seconds, the first one on a machine a little longer. After a change of YAML alone it takes well
under one second, because components are cached in \${XDG_CACHE_HOME:-~/.cache}/patchbay-sdk (the newest 32).
`,
  bundle: `patchbay-sdk bundle <folder> --component file.wasm [-o out.wasm]

Appends the manifest of the folder to a component that implements the world \`connector\` of patchbay:connector@0.1.0
and was built by other tools, for example from Rust. The specs say \`implementationType: component\` for its methods.
JavaScript files are ignored. Without -o the bundle is written to <folder>/dist/<key>.wasm.
`,
};

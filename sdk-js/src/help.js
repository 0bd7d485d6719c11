/**
 * What `--help` prints.
 */

/** @type {Record<string, string>} */
export const HELP = {
  main: `patchbay-sdk: turns a connector folder into a bundle that a Patchbay host runs

  patchbay-sdk check <folder>                          lists every mistake in the folder
  patchbay-sdk build <folder> [-o out.wasm]            checks it, then makes the bundle
  patchbay-sdk bundle <folder> --component file.wasm -o out.wasm
                                                       joins it with a component built elsewhere
  patchbay-sdk <command> --help                        says more

A connector folder holds

  spec.yml                                  key, name, parametersSchema, apiHosts
  global-webhooks/<key>/spec.yml, handle.js
  events/<key>/spec.yml, get-event-selector.js (or .ts, or .map.yml)
  auth/spec.yml, make-api-client.map.yml    credentials and requests to the external app

Exit status: 0 done, 1 the folder has mistakes or the build failed, 2 the arguments cannot be understood.
`,
  check: `patchbay-sdk check <folder>

Reads the folder, bundles its JavaScript and lists every mistake, one a line, as \`file:line: what. remedy\`.
Runs none of the connector's code and writes nothing. Exit status 1 if there is a mistake; warnings do not count.
`,
  build: `patchbay-sdk build <folder> [-o out.wasm]

Checks the folder and writes the bundle: to <folder>/dist/<key>.wasm, or where -o says.
The last line on stdout is its path, size and SHA-256. Progress and warnings go to stderr.

The build loads your modules once and keeps them loaded in the bundle, so code at module level runs now, not for each
request. The first build of a machine takes about half a minute, later ones a few seconds; after a change of YAML
alone well under one, because components are kept in \${XDG_CACHE_HOME:-~/.cache}/patchbay-sdk (the newest 32).
`,
  bundle: `patchbay-sdk bundle <folder> --component file.wasm -o out.wasm

Appends the manifest of the folder to a component that implements the world \`connector\` of patchbay:connector@0.1.0
and was built by other tools, for example from Rust. JavaScript files are not looked for: \`implementationType:
javascript\` in a spec then means that the component answers.
`,
};

// Imports an OpenAPI document as Postman does, with the settings that docs/CLIENTS.md names, and prints the requests
// of the collection as they would be sent.
//   node postman.js DOCUMENT -> [{"template", "method", "url", "headers", "body", "form"}]

"use strict";

const { readFileSync } = require("node:fs");
const converter = require("openapi-to-postmanv2");
const { Collection, VariableScope } = require("postman-collection");

const SETTINGS = { parametersResolution: "Example", enableOptionalParameters: false };

function sendable(item, variables) {
  const { url, method, headers, body } = item.request;
  const address = url.toString().replace(url.getPath({ unresolved: true }), url.getPath());
  return {
    template: url.getPath({ unresolved: true }),
    method,
    url: variables.replaceIn(address),
    headers: Object.fromEntries(headers.filter((it) => !it.disabled).map((it) => [it.key, it.value])),
    body: body && body.raw ? body.raw : null,
    form: body && body.mode === "formdata" ? body.formdata.map((it) => ({ key: it.key, type: it.type })) : null,
  };
}

converter.convertV2({ type: "string", data: readFileSync(process.argv[2], "utf8") }, SETTINGS, (error, converted) => {
  if (error || !converted.result) {
    console.error(error || converted.reason);
    process.exit(1);
  }
  const collection = new Collection(converted.output[0].data);
  const variables = new VariableScope({ values: collection.variables.all() });
  const requests = [];
  collection.forEachItem((item) => requests.push(sendable(item, variables)));
  process.stdout.write(JSON.stringify(requests));
});

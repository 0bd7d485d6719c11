/* What the files of the engine share: one QuickJS context, values that cross between it and the contract, and its modules. */
#ifndef PATCHBAY_ENGINE_H
#define PATCHBAY_ENGINE_H

#include "connector.h"
#include "quickjs.h"

/* The only context. An instance serves one call and is gone, so nothing that a call makes is ever freed. */
extern JSContext *context;

/* The keys of what crosses, looked up once while the bundle is built. */
#define KEYS(X) \
    X(auth) X(baseUri) X(body) X(bytes) X(connectorParameters) X(content) X(contentType) X(credentials) \
    X(decoded) X(eventKey) X(events) X(filename) X(getEventSelector) X(globalWebhookEventSelector) \
    X(globalWebhookKey) X(handle) X(headers) X(id) X(kind) X(message) X(method) X(name) X(orderingKey) \
    X(parameters) X(password) X(payload) X(query) X(response) X(retryAfterMs) X(runNextTimer) X(selectors) \
    X(size) X(stack) X(status) X(tag) X(url) X(username) X(val) X(value)
#define ENUMERATE(key) KEY_##key,
enum { KEYS(ENUMERATE) KEYS_COUNT };

/* values.c: every function that reads a value from JavaScript answers false where an exception is pending. */
void make_ready(void);
JSValue text_to_js(connector_string_t text);
JSValue bytes_to_js(connector_list_u8_t bytes);
JSValue tagged(const char *tag, JSValue value);
JSValue webhook_request_to_js(const connector_webhook_request_t *request);
JSValue selector_request_to_js(const connector_selector_request_t *request);
JSValue api_results_to_js(const patchbay_connector_api_client_list_result_response_failure_t *results);
bool text_from_js(JSValueConst value, connector_string_t *text);
bool bytes_from_js(JSValueConst value, connector_list_u8_t *bytes);
bool handle_result_from_js(JSValueConst value, connector_handle_result_t *result);
bool event_selector_from_js(JSValueConst value, connector_event_selector_t *selector);
bool failure_from_js(JSValueConst value, connector_failure_t *failure);
bool api_requests_from_js(JSValueConst value, patchbay_connector_api_client_list_request_t *requests);
JSValue member(JSValueConst object, int key);

/* modules.c: what JavaScript can import of the contract and of the engine. */
JSModuleDef *native_module(const char *name);

#endif

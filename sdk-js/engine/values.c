/* Values of the contract as JavaScript has them, and back. The shapes are those of types/wit.d.ts; what a handler gave was
 * checked by the SDK's JavaScript before it comes here. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))

static JSAtom keys[KEYS_COUNT];

static void set(JSValueConst object, int key, JSValue value)
{
    JS_DefinePropertyValue(context, object, keys[key], value, JS_PROP_C_W_E);
}

JSValue text_to_js(connector_string_t text)
{
    return JS_NewStringLen(context, (const char *)text.ptr, text.len);
}

/* The bytes stay where they are: JavaScript sees them in place. */
JSValue bytes_to_js(connector_list_u8_t bytes)
{
    return JS_NewUint8Array(context, bytes.ptr, bytes.len, NULL, NULL, false);
}

JSValue tagged(const char *tag, JSValue value)
{
    JSValue object = JS_NewObject(context);
    set(object, KEY_tag, JS_NewString(context, tag));
    if (!JS_IsUndefined(value)) set(object, KEY_val, value);
    return object;
}

static JSValue optional_text_to_js(const connector_option_string_t *text)
{
    return text->is_some ? text_to_js(text->val) : JS_UNDEFINED;
}

static JSValue array_of(size_t count, JSValue (*element)(const void *list, size_t index), const void *list)
{
    JSValue array = JS_NewArray(context);
    for (size_t index = 0; index < count; index++)
        JS_DefinePropertyValueUint32(context, array, index, element(list, index), JS_PROP_C_W_E);
    return array;
}

static JSValue pair_to_js(const void *list, size_t index)
{
    const connector_tuple2_string_string_t *pair = (const connector_tuple2_string_string_t *)list + index;
    JSValue both[] = { text_to_js(pair->f0), text_to_js(pair->f1) };
    return JS_NewArrayFrom(context, COUNT(both), both);
}

static JSValue fields_to_js(const patchbay_connector_types_fields_t *fields)
{
    return array_of(fields->len, pair_to_js, fields->ptr);
}

static JSValue file_to_js(const patchbay_connector_types_file_t *file)
{
    JSValue object = JS_NewObject(context);
    set(object, KEY_filename, text_to_js(file->filename));
    set(object, KEY_contentType, optional_text_to_js(&file->content_type));
    set(object, KEY_size, JS_NewInt64(context, file->size));
    return object;
}

static JSValue part_to_js(const void *list, size_t index)
{
    const patchbay_connector_types_part_t *part = (const patchbay_connector_types_part_t *)list + index;
    bool is_file = part->value.tag == PATCHBAY_CONNECTOR_TYPES_PART_VALUE_FILE;
    JSValue object = JS_NewObject(context);
    set(object, KEY_name, text_to_js(part->name));
    set(object, KEY_value,
        is_file ? tagged("file", file_to_js(&part->value.val.file)) : tagged("text", text_to_js(part->value.val.text)));
    return object;
}

static JSValue content_to_js(const patchbay_connector_types_content_t *content)
{
    static const char *const tags[] = { "empty", "json", "form", "multipart", "text", "unknown" };
    if (content->tag != PATCHBAY_CONNECTOR_TYPES_CONTENT_MULTIPART) return tagged(tags[content->tag], JS_UNDEFINED);
    const patchbay_connector_types_list_part_t *parts = &content->val.multipart;
    return tagged(tags[content->tag], array_of(parts->len, part_to_js, parts->ptr));
}

static JSValue body_to_js(const patchbay_connector_types_body_t *body)
{
    JSValue object = JS_NewObject(context);
    set(object, KEY_bytes, bytes_to_js(body->bytes));
    set(object, KEY_content, content_to_js(&body->content));
    set(object, KEY_decoded, body->decoded.is_some ? bytes_to_js(body->decoded.val) : JS_UNDEFINED);
    return object;
}

/* The members of a webhook request are made when JavaScript first asks for them: few handlers want them all. */
enum member { WEBHOOK_KEY, METHOD, URL, PATH, QUERY, HEADERS, BODY, PARAMETERS, RECEIVED_AT };
static const connector_webhook_request_t *webhook_request;

static JSValue get_member(JSContext *ctx, JSValueConst this_value, int magic)
{
    switch ((enum member)magic) {
    case WEBHOOK_KEY: return text_to_js(webhook_request->webhook_key);
    case METHOD: return text_to_js(webhook_request->method);
    case URL: return text_to_js(webhook_request->url);
    case PATH: return text_to_js(webhook_request->path);
    case QUERY: return fields_to_js(&webhook_request->query);
    case HEADERS: return fields_to_js(&webhook_request->headers);
    case BODY: return body_to_js(&webhook_request->body);
    case PARAMETERS: return text_to_js(webhook_request->parameters);
    case RECEIVED_AT: return text_to_js(webhook_request->received_at);
    }
    return JS_UNDEFINED;
}

static const JSCFunctionListEntry WEBHOOK_REQUEST[] = {
    JS_CGETSET_MAGIC_DEF("webhookKey", get_member, NULL, WEBHOOK_KEY),
    JS_CGETSET_MAGIC_DEF("method", get_member, NULL, METHOD),
    JS_CGETSET_MAGIC_DEF("url", get_member, NULL, URL),
    JS_CGETSET_MAGIC_DEF("path", get_member, NULL, PATH),
    JS_CGETSET_MAGIC_DEF("query", get_member, NULL, QUERY),
    JS_CGETSET_MAGIC_DEF("headers", get_member, NULL, HEADERS),
    JS_CGETSET_MAGIC_DEF("body", get_member, NULL, BODY),
    JS_CGETSET_MAGIC_DEF("parameters", get_member, NULL, PARAMETERS),
    JS_CGETSET_MAGIC_DEF("receivedAt", get_member, NULL, RECEIVED_AT),
};
static JSValue webhook_request_object;

void make_ready(void)
{
#define MAKE(key) keys[KEY_##key] = JS_NewAtom(context, #key);
    KEYS(MAKE)
    webhook_request_object = JS_NewObject(context);
    JS_SetPropertyFunctionList(context, webhook_request_object, WEBHOOK_REQUEST, COUNT(WEBHOOK_REQUEST));
}

JSValue webhook_request_to_js(const connector_webhook_request_t *request)
{
    webhook_request = request;
    return webhook_request_object;
}

JSValue selector_request_to_js(const connector_selector_request_t *request)
{
    JSValue object = JS_NewObject(context);
    set(object, KEY_eventKey, text_to_js(request->event_key));
    set(object, KEY_parameters, text_to_js(request->parameters));
    set(object, KEY_credentials, text_to_js(request->credentials));
    set(object, KEY_connectorParameters, text_to_js(request->connector_parameters));
    return object;
}

static JSValue response_to_js(const patchbay_connector_types_response_t *response)
{
    JSValue object = JS_NewObject(context);
    set(object, KEY_status, JS_NewInt32(context, response->status));
    set(object, KEY_headers, fields_to_js(&response->headers));
    set(object, KEY_body, bytes_to_js(response->body));
    return object;
}

static JSValue api_failure_to_js(const patchbay_connector_api_client_failure_t *failure)
{
    static const char *const kinds[] = { "denied", "invalid-request", "unreachable", "timed-out", "too-large",
                                         "too-many-requests-made", "unauthorized", "rate-limited", "refused" };
    JSValue object = JS_NewObject(context);
    set(object, KEY_kind, JS_NewString(context, kinds[failure->kind]));
    set(object, KEY_message, text_to_js(failure->message));
    set(object, KEY_retryAfterMs,
        failure->retry_after_ms.is_some ? JS_NewInt64(context, failure->retry_after_ms.val) : JS_UNDEFINED);
    set(object, KEY_response, failure->response.is_some ? response_to_js(&failure->response.val) : JS_UNDEFINED);
    return object;
}

static JSValue api_result_to_js(const void *list, size_t index)
{
    const patchbay_connector_api_client_result_response_failure_t *result =
        (const patchbay_connector_api_client_result_response_failure_t *)list + index;
    return result->is_err ? tagged("err", api_failure_to_js(&result->val.err)) : tagged("ok", response_to_js(&result->val.ok));
}

JSValue api_results_to_js(const patchbay_connector_api_client_list_result_response_failure_t *results)
{
    return array_of(results->len, api_result_to_js, results->ptr);
}

JSValue member(JSValueConst object, int key)
{
    return JS_GetProperty(context, object, keys[key]);
}

/* Half of a surrogate pair is no text that may leave. It becomes U+FFFD, which is as long. Nothing where memory is short. */
static uint8_t *well_formed(uint8_t *text, size_t length)
{
    uint8_t *found = memchr(text, 0xED, length);
    if (found == NULL) return text;
    uint8_t *copy = malloc(length);
    if (copy == NULL) return NULL;
    memcpy(copy, text, length);
    for (size_t at = found - text; at + 2 < length; at++)
        if (copy[at] == 0xED && copy[at + 1] >= 0xA0) memcpy(copy + at, "\xEF\xBF\xBD", 3);
    return copy;
}

bool text_from_js(JSValueConst value, connector_string_t *text)
{
    uint8_t *characters = (uint8_t *)JS_ToCStringLen(context, &text->len, value);
    if (characters == NULL) return false;
    text->ptr = well_formed(characters, text->len);
    if (text->ptr == NULL) return JS_ThrowOutOfMemory(context), false;
    return true;
}

bool bytes_from_js(JSValueConst value, connector_list_u8_t *bytes)
{
    bytes->ptr = JS_GetUint8Array(context, &bytes->len, value);
    return bytes->ptr != NULL || (bytes->len == 0 && !JS_HasException(context));
}

static bool is_absent(JSValueConst value)
{
    return JS_IsUndefined(value) || JS_IsNull(value);
}

static bool text_member(JSValueConst object, int key, connector_string_t *text)
{
    JSValue value = member(object, key);
    return !JS_IsException(value) && text_from_js(value, text);
}

static bool optional_text_member(JSValueConst object, int key, connector_option_string_t *text)
{
    JSValue value = member(object, key);
    if (JS_IsException(value)) return false;
    text->is_some = !is_absent(value);
    return !text->is_some || text_from_js(value, &text->val);
}

/* Room for as many elements as the array has, and each of them read into its place. */
static bool list_from_js(JSValueConst array, size_t size, bool (*element)(JSValueConst, void *), void **list, size_t *count)
{
    int64_t length;
    if (JS_GetLength(context, array, &length) < 0) return false;
    *count = length;
    *list = length < UINT32_MAX ? calloc(length + 1, size) : NULL;
    if (*list == NULL) return JS_ThrowOutOfMemory(context), false;
    for (int64_t index = 0; index < length; index++) {
        JSValue value = JS_GetPropertyInt64(context, array, index);
        if (JS_IsException(value) || !element(value, (char *)*list + index * size)) return false;
    }
    return true;
}

#define LIST_MEMBER(object, key, element, list) \
    list_from_js(member(object, key), sizeof(*(list)->ptr), element, (void **)&(list)->ptr, &(list)->len)

static bool text_element(JSValueConst value, void *text)
{
    return text_from_js(value, text);
}

static bool pair_from_js(JSValueConst value, void *element)
{
    connector_tuple2_string_string_t *pair = element;
    return text_from_js(JS_GetPropertyUint32(context, value, 0), &pair->f0)
        && text_from_js(JS_GetPropertyUint32(context, value, 1), &pair->f1);
}

static bool event_from_js(JSValueConst value, void *element)
{
    patchbay_connector_types_routed_event_t *event = element;
    return LIST_MEMBER(value, KEY_selectors, text_element, &event->selectors) && text_member(value, KEY_payload, &event->payload)
        && optional_text_member(value, KEY_id, &event->id)
        && optional_text_member(value, KEY_orderingKey, &event->ordering_key);
}

static bool response_from_js(JSValueConst value, patchbay_connector_types_response_t *response)
{
    uint32_t status;
    if (JS_ToUint32(context, &status, member(value, KEY_status)) < 0) return false;
    response->status = status;
    return LIST_MEMBER(value, KEY_headers, pair_from_js, &response->headers)
        && bytes_from_js(member(value, KEY_body), &response->body);
}

bool handle_result_from_js(JSValueConst value, connector_handle_result_t *result)
{
    JSValue response = member(value, KEY_response);
    result->response.is_some = !is_absent(response);
    return LIST_MEMBER(value, KEY_events, event_from_js, &result->events)
        && (!result->response.is_some || response_from_js(response, &result->response.val));
}

bool event_selector_from_js(JSValueConst value, connector_event_selector_t *selector)
{
    return text_member(value, KEY_globalWebhookKey, &selector->global_webhook_key)
        && text_member(value, KEY_globalWebhookEventSelector, &selector->global_webhook_event_selector);
}

bool failure_from_js(JSValueConst value, connector_failure_t *failure)
{
    return text_member(value, KEY_name, &failure->name) && text_member(value, KEY_message, &failure->message)
        && optional_text_member(value, KEY_stack, &failure->stack);
}

static bool api_request_from_js(JSValueConst value, void *element)
{
    patchbay_connector_api_client_request_t *request = element;
    JSValue auth = member(value, KEY_auth);
    JSValue body = member(value, KEY_body);
    request->auth.is_some = !is_absent(auth);
    request->body.is_some = !is_absent(body);
    return text_member(value, KEY_method, &request->method) && text_member(value, KEY_url, &request->url)
        && optional_text_member(value, KEY_baseUri, &request->base_uri)
        && LIST_MEMBER(value, KEY_query, pair_from_js, &request->query)
        && LIST_MEMBER(value, KEY_headers, pair_from_js, &request->headers)
        && (!request->auth.is_some
            || (text_member(auth, KEY_username, &request->auth.val.username)
                && text_member(auth, KEY_password, &request->auth.val.password)))
        && (!request->body.is_some || bytes_from_js(body, &request->body.val));
}

bool api_requests_from_js(JSValueConst value, patchbay_connector_api_client_list_request_t *requests)
{
    return list_from_js(value, sizeof(*requests->ptr), api_request_from_js, (void **)&requests->ptr, &requests->len);
}

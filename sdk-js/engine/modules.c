/* The modules that are written in C: the imports of the contract under their own names, and `patchbay:engine`, which holds
 * what JavaScript cannot do itself or only slowly. */
#include <stdlib.h>
#include <string.h>

#include "engine.h"

#define COUNT(list) (sizeof(list) / sizeof(*(list)))
#define FUNCTION(name, length, function) JS_CFUNC_DEF(name, length, function)
#define ARGUMENTS JSContext *ctx, JSValueConst this_value, int argc, JSValueConst *argv

/* The place of a word in a list; throws where it is not there. */
static int position_of(JSValueConst value, const char *const *words, int count)
{
    const char *word = JS_ToCString(context, value);
    for (int index = 0; word != NULL && index < count; index++)
        if (strcmp(word, words[index]) == 0) return index;
    if (word != NULL) JS_ThrowTypeError(context, "there is no %s here", word);
    return -1;
}

static JSValue write_line(ARGUMENTS)
{
    static const char *const levels[] = { "debug", "info", "warn", "error" };
    connector_string_t line;
    int level = position_of(argv[0], levels, COUNT(levels));
    if (level < 0 || !text_from_js(argv[1], &line)) return JS_EXCEPTION;
    patchbay_connector_log_write(level, &line);
    return JS_UNDEFINED;
}

static JSValue send(ARGUMENTS)
{
    patchbay_connector_api_client_list_request_t requests;
    patchbay_connector_api_client_list_result_response_failure_t results;
    if (!api_requests_from_js(argv[0], &requests)) return JS_EXCEPTION;
    patchbay_connector_api_client_send(&requests, &results);
    return api_results_to_js(&results);
}

static const char *const HASHES[] = { "sha1", "sha256", "sha384", "sha512" };

static JSValue digest(ARGUMENTS)
{
    connector_list_u8_t data, result;
    int hash = position_of(argv[0], HASHES, COUNT(HASHES));
    if (hash < 0 || !bytes_from_js(argv[1], &data)) return JS_EXCEPTION;
    patchbay_connector_crypto_digest(hash, &data, &result);
    return bytes_to_js(result);
}

static JSValue hmac(ARGUMENTS)
{
    connector_list_u8_t key, data, result;
    int hash = position_of(argv[0], HASHES, COUNT(HASHES));
    if (hash < 0 || !bytes_from_js(argv[1], &key) || !bytes_from_js(argv[2], &data)) return JS_EXCEPTION;
    patchbay_connector_crypto_hmac(hash, &key, &data, &result);
    return bytes_to_js(result);
}

static JSValue equal(ARGUMENTS)
{
    connector_list_u8_t a, b;
    if (!bytes_from_js(argv[0], &a) || !bytes_from_js(argv[1], &b)) return JS_EXCEPTION;
    return JS_NewBool(ctx, patchbay_connector_crypto_equal(&a, &b));
}

static bool scheme_from_js(JSValueConst value, patchbay_connector_crypto_scheme_t *scheme)
{
    static const char *const schemes[] = { "ed25519", "ecdsa-p256-der", "ecdsa-p256-raw", "rsa-pkcs1", "rsa-pss" };
    int tag = position_of(member(value, KEY_tag), schemes, COUNT(schemes));
    int hash = tag <= 0 ? 0 : position_of(member(value, KEY_val), HASHES, COUNT(HASHES));
    scheme->tag = tag;
    scheme->val.rsa_pss = hash;
    return tag >= 0 && hash >= 0;
}

/* What the host says is thrown as the bare sentence. */
static JSValue verify(ARGUMENTS)
{
    patchbay_connector_crypto_scheme_t scheme;
    connector_list_u8_t key, data, signature;
    connector_string_t complaint;
    bool is_right;
    if (!scheme_from_js(argv[0], &scheme) || !bytes_from_js(argv[1], &key) || !bytes_from_js(argv[2], &data)
        || !bytes_from_js(argv[3], &signature))
        return JS_EXCEPTION;
    if (!patchbay_connector_crypto_verify(&scheme, &key, &data, &signature, &is_right, &complaint))
        return JS_Throw(ctx, text_to_js(complaint));
    return JS_NewBool(ctx, is_right);
}

static JSValue sign(ARGUMENTS)
{
    patchbay_connector_crypto_scheme_t scheme;
    connector_list_u8_t key, data, signature;
    connector_string_t complaint;
    if (!scheme_from_js(argv[0], &scheme) || !bytes_from_js(argv[1], &key) || !bytes_from_js(argv[2], &data))
        return JS_EXCEPTION;
    if (!patchbay_connector_crypto_sign(&scheme, &key, &data, &signature, &complaint))
        return JS_Throw(ctx, text_to_js(complaint));
    return bytes_to_js(signature);
}

/* Milliseconds, in which the host does other work. */
static JSValue sleep_ms(ARGUMENTS)
{
    double ms;
    if (JS_ToFloat64(ctx, &ms, argv[0]) < 0) return JS_EXCEPTION;
    wasi_io_poll_own_pollable_t pollable = wasi_clocks_monotonic_clock_subscribe_duration((uint64_t)(ms * 1e6));
    wasi_io_poll_method_pollable_block(wasi_io_poll_borrow_pollable(pollable));
    wasi_io_poll_pollable_drop_own(pollable);
    return JS_UNDEFINED;
}

static JSValue random_bytes(ARGUMENTS)
{
    uint32_t count;
    connector_list_u8_t bytes;
    if (JS_ToUint32(ctx, &count, argv[0]) < 0) return JS_EXCEPTION;
    wasi_random_random_get_random_bytes(count, &bytes);
    return bytes_to_js(bytes);
}

/* UTF-8, half surrogate pairs as U+FFFD. */
static JSValue encode_utf8(ARGUMENTS)
{
    connector_string_t text;
    if (!text_from_js(argv[0], &text)) return JS_EXCEPTION;
    return JS_NewUint8ArrayCopy(ctx, text.ptr, text.len);
}

static bool continues(uint8_t lead, int position, uint8_t byte)
{
    uint8_t low = 0x80, high = 0xBF;
    if (position == 1) {
        if (lead == 0xE0) low = 0xA0;
        if (lead == 0xED) high = 0x9F;
        if (lead == 0xF0) low = 0x90;
        if (lead == 0xF4) high = 0x8F;
    }
    return byte >= low && byte <= high;
}

static int length_from(uint8_t lead)
{
    if (lead < 0x80) return 1;
    if (lead >= 0xC2 && lead <= 0xDF) return 2;
    if (lead >= 0xE0 && lead <= 0xEF) return 3;
    return lead >= 0xF0 && lead <= 0xF4 ? 4 : 0;
}

/* How many bytes from here form one whole character; where they do not, the negative number of those that could begin one. */
static int character_at(const uint8_t *bytes, size_t left)
{
    int length = length_from(*bytes), seen = 1;
    while (seen < length && (size_t)seen < left && continues(*bytes, seen, bytes[seen])) seen++;
    return seen == length ? length : -seen;
}

/* Text of UTF-8; each longest piece that could begin a character becomes one U+FFFD, as the Encoding standard has it. The
 * second argument says whether such a piece is an error instead: then the answer is undefined. */
static JSValue decode_utf8(ARGUMENTS)
{
    connector_list_u8_t bytes;
    if (!bytes_from_js(argv[0], &bytes)) return JS_EXCEPTION;
    size_t at = 0;
    while (at < bytes.len) {
        int length = bytes.ptr[at] < 0x80 ? 1 : character_at(bytes.ptr + at, bytes.len - at);
        if (length < 0) break;
        at += length;
    }
    if (at == bytes.len) return JS_NewStringLen(ctx, (const char *)bytes.ptr, bytes.len);
    if (JS_ToBool(ctx, argv[1])) return JS_UNDEFINED;
    char *mended = malloc(3 * bytes.len);
    if (mended == NULL) return JS_ThrowOutOfMemory(ctx);
    size_t end = at;
    memcpy(mended, bytes.ptr, at);
    while (at < bytes.len) {
        int length = character_at(bytes.ptr + at, bytes.len - at);
        memcpy(mended + end, length < 0 ? (const char *)"\xEF\xBF\xBD" : (const char *)bytes.ptr + at, length < 0 ? 3 : length);
        end += length < 0 ? 3 : length;
        at += length < 0 ? -length : length;
    }
    JSValue text = JS_NewStringLen(ctx, mended, end);
    free(mended);
    return text;
}

/* One character for each byte. */
static JSValue decode_latin1(ARGUMENTS)
{
    connector_list_u8_t bytes;
    if (!bytes_from_js(argv[0], &bytes)) return JS_EXCEPTION;
    uint16_t *units = malloc(2 * bytes.len + 1);
    if (units == NULL) return JS_ThrowOutOfMemory(ctx);
    for (size_t at = 0; at < bytes.len; at++) units[at] = bytes.ptr[at];
    JSValue text = JS_NewStringUTF16(ctx, units, bytes.len);
    free(units);
    return text;
}

/* The low byte of each character. */
static JSValue encode_latin1(ARGUMENTS)
{
    size_t length;
    const uint16_t *units = JS_ToCStringLenUTF16(ctx, &length, argv[0]);
    if (units == NULL) return JS_EXCEPTION;
    uint8_t *bytes = malloc(length + 1);
    if (bytes == NULL) return JS_ThrowOutOfMemory(ctx);
    for (size_t at = 0; at < length; at++) bytes[at] = units[at];
    JS_FreeCStringUTF16(ctx, units);
    JSValue array = JS_NewUint8ArrayCopy(ctx, bytes, length);
    free(bytes);
    return array;
}

/* Whether the JSON that was parsed last holds a number that would be written otherwise (quickjs.sed). */
extern bool js_json_is_unusual;

static JSValue saw_unusual_number(ARGUMENTS)
{
    return JS_NewBool(ctx, js_json_is_unusual);
}

static const JSCFunctionListEntry LOG[] = { FUNCTION("write", 2, write_line) };
static const JSCFunctionListEntry API_CLIENT[] = { FUNCTION("send", 1, send) };
static const JSCFunctionListEntry CRYPTO[] = {
    FUNCTION("digest", 2, digest), FUNCTION("hmac", 3, hmac), FUNCTION("equal", 2, equal),
    FUNCTION("verify", 4, verify), FUNCTION("sign", 3, sign),
};
static const JSCFunctionListEntry ENGINE[] = {
    FUNCTION("sleep", 1, sleep_ms),
    FUNCTION("randomBytes", 1, random_bytes),
    FUNCTION("encodeUtf8", 1, encode_utf8),
    FUNCTION("decodeUtf8", 2, decode_utf8),
    FUNCTION("encodeLatin1", 1, encode_latin1),
    FUNCTION("decodeLatin1", 1, decode_latin1),
    FUNCTION("sawUnusualNumber", 0, saw_unusual_number),
};

static const struct module {
    const char *name;
    const JSCFunctionListEntry *functions;
    int count;
} MODULES[] = {
    { "patchbay:connector/log@0.1.0", LOG, COUNT(LOG) },
    { "patchbay:connector/api-client@0.1.0", API_CLIENT, COUNT(API_CLIENT) },
    { "patchbay:connector/crypto@0.1.0", CRYPTO, COUNT(CRYPTO) },
    { "patchbay:engine", ENGINE, COUNT(ENGINE) },
};

static const struct module *module_named(const char *name)
{
    for (size_t index = 0; name != NULL && index < COUNT(MODULES); index++)
        if (strcmp(name, MODULES[index].name) == 0) return &MODULES[index];
    return NULL;
}

static int fill(JSContext *ctx, JSModuleDef *module)
{
    const struct module *known = module_named(JS_AtomToCString(ctx, JS_GetModuleName(ctx, module)));
    return known == NULL ? -1 : JS_SetModuleExportList(ctx, module, known->functions, known->count);
}

JSModuleDef *native_module(const char *name)
{
    const struct module *known = module_named(name);
    JSModuleDef *module = known == NULL ? NULL : JS_NewCModule(context, name, fill);
    if (module != NULL) JS_AddModuleExportList(context, module, known->functions, known->count);
    return module;
}

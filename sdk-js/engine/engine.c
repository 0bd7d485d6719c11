/* The life of an instance. While a bundle is built `add_module` and `start` load its JavaScript, and the memory is kept; on a
 * host every call begins with that memory, runs one function to its end, and is over. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "engine.h"
#include "memory.h"

/* Of the stack that the linker sets aside (see `build`), what JavaScript may use before it gets a RangeError. */
#define STACK_BYTES (768 << 10)
/* What a call makes before the engine looks for garbage. */
#define GARBAGE_BYTES (16 << 20)
/* Memory that is there from the start, so that a small call need not grow it. It is not written to, so it costs nothing. */
#define ROOM_BYTES (4 << 20)

JSContext *context;
static JSRuntime *runtime;
static JSValue exports;

/* The author's code and the SDK's, until it is loaded. */
static struct source {
    struct source *next;
    char *name, *text;
    size_t length;
} *sources;

static char *normalize(JSContext *ctx, const char *base, const char *name, void *opaque)
{
    return js_strdup(ctx, strncmp(name, "./", 2) == 0 ? name + 2 : name);
}

static JSModuleDef *compiled(const char *name, const char *text, size_t length)
{
    JSValue module = JS_Eval(context, text, length, name, JS_EVAL_TYPE_MODULE | JS_EVAL_FLAG_COMPILE_ONLY);
    return JS_IsException(module) ? NULL : JS_VALUE_GET_PTR(module);
}

static JSModuleDef *load(JSContext *ctx, const char *name, void *opaque)
{
    for (struct source *each = sources; each != NULL; each = each->next)
        if (strcmp(each->name, name) == 0) return compiled(name, each->text, each->length);
    JSModuleDef *module = native_module(name);
    if (module == NULL) JS_ThrowReferenceError(ctx, "there is no module %s", name);
    return module;
}

/* freeze.c, which is compiled as a part of QuickJS. */
void JS_Freeze(JSContext *context, size_t garbage_bytes);

static void begin(void)
{
    runtime = JS_NewRuntime();
    context = JS_NewContext(runtime);
    JS_AddIntrinsicBigInt(context);
    JS_AddIntrinsicDOMException(context);
    JS_SetMaxStackSize(runtime, STACK_BYTES);
    JS_SetModuleLoaderFunc(runtime, normalize, load, NULL);
    make_ready();
}

/* Both must have been allocated with `cabi_realloc`; the name ends with a zero. */
__attribute__((export_name("add-module"))) void add_module(char *name, char *text, size_t length)
{
    struct source *source = malloc(sizeof *source);
    *source = (struct source){ sources, name, text, length };
    sources = source;
}

static void run_jobs(void)
{
    JSContext *ran;
    while (JS_ExecutePendingJob(runtime, &ran) != 0) continue;
}

/* What was thrown, for a person: its message, then the frames. */
static const char *described(JSValueConst thrown)
{
    const char *message = JS_ToCString(context, thrown);
    const char *stack = JS_IsError(thrown) ? JS_ToCString(context, member(thrown, KEY_stack)) : NULL;
    char *text;
    if (message == NULL || asprintf(&text, "%s\n%s", message, stack == NULL ? "" : stack) < 0) return "out of memory";
    return text;
}

/* Loads a module and all that it imports. Nothing, or why that failed. */
__attribute__((export_name("start"))) const char *start(const char *name)
{
    begin();
    JSModuleDef *module = load(context, name, NULL);
    if (module == NULL) return described(JS_GetException(context));
    JSValue loaded = JS_EvalFunction(context, JS_MKPTR(JS_TAG_MODULE, module));
    if (JS_IsException(loaded)) return described(JS_GetException(context));
    run_jobs();
    switch (JS_PromiseState(context, loaded)) {
    case JS_PROMISE_REJECTED: return described(JS_PromiseResult(context, loaded));
    case JS_PROMISE_PENDING: return "code at module level awaits something that never happens";
    default: break;
    }
    exports = JS_GetModuleNamespace(context, module);
    for (struct source *each = sources; each != NULL; each = each->next) memset(each->text, 0, each->length), free(each->text);
    sources = NULL;
    JS_RunGC(runtime);
    JS_Freeze(context, GARBAGE_BYTES);
    return begin_anew(ROOM_BYTES) ? NULL : "out of memory";
}

/* Runs promises, then the timers of the SDK's JavaScript, until it is known what came of the call. */
static JSValue settled(JSValue returned)
{
    if (!JS_IsPromise(returned)) return returned;
    run_jobs();
    while (JS_PromiseState(context, returned) == JS_PROMISE_PENDING) {
        JSValue ran = JS_Call(context, member(exports, KEY_runNextTimer), JS_UNDEFINED, 0, NULL);
        if (JS_IsException(ran)) return ran;
        if (!JS_ToBool(context, ran)) return JS_ThrowTypeError(context, "the function awaits something that can never happen: a promise that nothing settles, with no timer pending");
        run_jobs();
    }
    JSValue result = JS_PromiseResult(context, returned);
    return JS_PromiseState(context, returned) == JS_PROMISE_REJECTED ? JS_Throw(context, result) : result;
}

/* What was thrown outside of everything that words failures in JavaScript. */
static void say(connector_failure_t *failure)
{
    JSValue thrown = JS_GetException(context);
    connector_string_set(&failure->name, "Error");
    connector_string_set(&failure->message, "the value that was thrown cannot be described");
    text_from_js(JS_IsError(thrown) ? member(thrown, KEY_message) : thrown, &failure->message);
    failure->stack.is_some = false;
}

/* Calls an export of the bundle: true with what it gave as `value`, or false with the failure. */
static bool call(int name, JSValue argument, JSValue *value, connector_failure_t *failure)
{
    JSValue outcome = settled(JS_Call(context, member(exports, name), JS_UNDEFINED, 1, &argument));
    if (JS_IsException(outcome)) return say(failure), false;
    const char *tag = JS_ToCString(context, member(outcome, KEY_tag));
    *value = member(outcome, KEY_val);
    if (tag != NULL && strcmp(tag, "ok") == 0) return true;
    if (!failure_from_js(*value, failure)) say(failure);
    return false;
}

bool exports_connector_handle(connector_webhook_request_t *request, connector_handle_result_t *result, connector_failure_t *failure)
{
    JSValue value;
    if (!call(KEY_handle, webhook_request_to_js(request), &value, failure)) return false;
    if (handle_result_from_js(value, result)) return true;
    return say(failure), false;
}

bool exports_connector_get_event_selector(connector_selector_request_t *request, connector_event_selector_t *selector, connector_failure_t *failure)
{
    JSValue value;
    if (!call(KEY_getEventSelector, selector_request_to_js(request), &value, failure)) return false;
    if (event_selector_from_js(value, selector)) return true;
    return say(failure), false;
}

/* The instance is over with its call, and what it gave points into values of JavaScript: nothing of it is freed. */
void __wasm_export_exports_connector_handle_post_return(uint8_t *result) { (void)result; }
void __wasm_export_exports_connector_get_event_selector_post_return(uint8_t *result) { (void)result; }

# What `build` changes in quickjs.c.

# A stack that ends: the engine knows none on WebAssembly, and endless recursion would end in a trap instead of a RangeError.
/rt->stack_size = JS_DEFAULT_STACK_SIZE;/,/#endif/ s/#ifdef __wasi__/#if 0/
/^static void update_stack_limit/,/^}/ s/defined\(__wasi__\)/0/

# The check looks at the stack in memory; the other one, which the host watches, cannot be seen from here. So whatever checks
# takes so much of the former that it ends first.
s/^static inline bool js_check_stack_overflow\(JSRuntime \*rt, size_t alloca_size\)/#define js_check_stack_overflow(rt, size) ({ __asm__ volatile("" : : "r"(__builtin_alloca(256))); js_is_beyond_stack(rt, size); })\
static inline bool js_is_beyond_stack(JSRuntime *rt, size_t alloca_size)/

# What is frozen (freeze.c) is not counted.
/^#define JS_REF_COUNT\(p\)/ a\
#define JS_FROZEN (1 << 30)\
static inline void js_ref(const void *p) { if (JS_REF_COUNT(p) != JS_FROZEN) JS_REF_COUNT(p)++; }\
static inline int js_unref(const void *p) { return JS_REF_COUNT(p) == JS_FROZEN ? JS_FROZEN : --JS_REF_COUNT(p); }
s/JS_REF_COUNT\(([a-z_>-]+)\)\+\+/js_ref(\1)/
s/--JS_REF_COUNT\(([a-z_>-]+)\)/js_unref(\1)/
s/JS_REF_COUNT\(([a-z_>-]+)\)--/js_unref(\1)/

# Small arenas: a call begins one of each size that it needs, and every page of them has to be put back.
s/^#define JS_ARENA_SIZE .*/#define JS_ARENA_SIZE 2048/

# Text without quotes and control characters is written to JSON as it is, and not one character after the other.
/^static JSValue JS_ToQuotedString\(/,/^\}/ s/^    for\(i = 0; i < p->len; \) \{/&\
        int start = i;\
        while (!p->is_wide_char \&\& i < p->len \&\& str8(p)[i] >= 32 \&\& str8(p)[i] != '"' \&\& str8(p)[i] != '\\\\') i++;\
        if (i > start) {\
            if (string_buffer_write8(b, str8(p) + start, i - start)) goto fail;\
            continue;\
        }/

# Whether the text that was parsed last holds a number that JSON would write otherwise: a fraction that ends in zeros, an
# exponent, `-0`, more digits than a double surely holds. The SDK then looks at it again.
/^static int json_parse_number\(/ i\
bool js_json_is_unusual;\
\
static bool js_is_unusual_number(const uint8_t *start, const uint8_t *end)\
{\
    const uint8_t *point = NULL;\
    int digits = 0;\
    for (const uint8_t *at = start; at < end; at++) {\
        if (is_digit(*at)) digits++;\
        else if (*at == '.') point = at;\
        else if (*at != '-') return true;\
    }\
    if (digits > 15) return true;\
    if (point == NULL) return start[0] == '-' \&\& start[1] == '0';\
    return end[-1] == '0' || (end - point > 6 \&\& memcmp(point + 1, "000000", 6) == 0);\
}\

/^static int json_parse_number\(/,/^\}/ s/^    s->token.val = TOK_NUMBER;/    js_json_is_unusual |= js_is_unusual_number(p_start, p);\
&/
/^static JSValue JS_ParseJSON_internal\(/,/^\}/ s/^    js_parse_init\(/    js_json_is_unusual = false;\
&/

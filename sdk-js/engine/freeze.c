
/* Appended to quickjs.c by `build`. */

/* Functions of the language that were not used yet are made now, not in every call. */
static void make_lazy_properties(JSContext *ctx)
{
    struct list_head *el;
    list_for_each(el, &ctx->rt->gc_obj_list) {
        JSObject *object = list_entry(el, JSObject, header.link);
        if (JS_GC_TYPE(object) != JS_GC_OBJ_TYPE_JS_OBJECT) continue;
        for (int index = 0; index < object->shape->prop_count; index++) {
            JSShapeProperty *property = &get_shape_prop(object->shape)[index];
            if ((property->flags & JS_PROP_TMASK) != JS_PROP_AUTOINIT) continue;
            if (JS_AutoInitProperty(ctx, object, property->atom, &object->prop[index], property) < 0)
                JS_FreeValue(ctx, JS_GetException(ctx));
        }
    }
}

/* The text of functions is only what `toString` of one gives. */
static void forget_sources(JSRuntime *rt)
{
    struct list_head *el;
    list_for_each(el, &rt->gc_obj_list) {
        JSFunctionBytecode *function = list_entry(el, JSFunctionBytecode, header.link);
        if (JS_GC_TYPE(function) != JS_GC_OBJ_TYPE_FUNCTION_BYTECODE) continue;
        js_free_rt(rt, function->source);
        function->source = NULL;
        function->source_len = 0;
    }
}

/* Nothing that is there now is counted any more, nor is room between it used: a call then hardly writes to the pages of the
 * snapshot, each of which would have to be put back after it. A call that makes fewer bytes than these never looks for
 * garbage, which would touch all of its memory. */
void JS_Freeze(JSContext *ctx, size_t garbage_bytes)
{
    JSRuntime *rt = ctx->rt;
    struct list_head *el, *next;
    make_lazy_properties(ctx);
    forget_sources(rt);
    for (int size = 0; size < JS_ARENA_BLOCK_SIZE_COUNT; size++) {
        list_for_each_safe(el, next, &rt->arena_state.arena_list[size]) {
            JSArena *arena = list_entry(el, JSArena, link);
            for (int index = 0; index < arena->n_blocks; index++) {
                JSMallocBlockHeader *block = arena_get_block(arena, index, arena_block_sizes[size]);
                block->ref_count = JS_FROZEN;
            }
            init_list_head(&arena->link);
            init_list_head(&arena->free_link);
        }
        init_list_head(&rt->arena_state.arena_list[size]);
        init_list_head(&rt->arena_state.free_arena_list[size]);
    }
    list_for_each(el, &rt->gc_obj_list) JS_REF_COUNT(list_entry(el, JSGCObjectHeader, link)) = JS_FROZEN;
    JS_SetGCThreshold(rt, rt->malloc_state.malloc_size + garbage_bytes);
}

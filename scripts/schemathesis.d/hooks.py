"""Bodies that are sent as they are."""

import schemathesis


@schemathesis.serializer("application/wasm", "application/x-ndjson")
def as_it_is(ctx, value):
    if isinstance(value, bytes):
        return value
    data = getattr(value, "data", value)
    return data if isinstance(data, bytes) else str(data).encode(errors="ignore")

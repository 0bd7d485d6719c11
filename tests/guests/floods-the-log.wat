;; Writes into the log without end.
(module
  (import "patchbay:connector/log@0.1.0" "write" (func $log (param i32 i32 i32)))
  (memory (export "memory") 64)
  (global $free (mut i32) (i32.const 65536))
  (func $allocate (export "cabi_realloc") (param i32 i32 i32) (param $size i32) (result i32)
    (local $place i32)
    (local.set $place (i32.and (i32.add (global.get $free) (i32.const 7)) (i32.const -8)))
    (global.set $free (i32.add (local.get $place) (local.get $size)))
    (local.get $place))
  (func (export "handle") (param $request i32) (result i32)
    (loop $again
      (call $log (i32.const 0) (i32.const 2000000) (i32.const 1000000))
      (br $again))
    unreachable)
  (func (export "get-event-selector") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    unreachable))

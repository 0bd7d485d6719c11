;; A connector that takes next to no time, for tests that torture the host and not the guest. Each line of the body is
;; an event: its selector, the provider's id (or nothing) and its payload, with a tab between them.
(module
  (memory (export "memory") 64)
  (global $free (mut i32) (i32.const 1024))
  ;; Where reading has come to, and where the body ends.
  (global $at (mut i32) (i32.const 0))
  (global $end (mut i32) (i32.const 0))

  ;; Memory is never given back: an instance lives for one call.
  (func $allocate (export "cabi_realloc") (param i32 i32) (param $align i32) (param $size i32) (result i32)
    (local $place i32)
    (local.set $place
      (i32.and
        (i32.add (global.get $free) (i32.sub (local.get $align) (i32.const 1)))
        (i32.sub (i32.const 0) (local.get $align))))
    (global.set $free (i32.add (local.get $place) (local.get $size)))
    (local.get $place))

  ;; Writes pointer and length of what stands before the delimiter, and goes on behind it.
  (func $field (param $into i32) (param $delimiter i32)
    (i32.store (local.get $into) (global.get $at))
    (loop $byte
      (if (i32.ge_u (global.get $at) (global.get $end)) (then unreachable))
      (if (i32.ne (i32.load8_u (global.get $at)) (local.get $delimiter))
        (then
          (global.set $at (i32.add (global.get $at) (i32.const 1)))
          (br $byte))))
    (i32.store offset=4 (local.get $into) (i32.sub (global.get $at) (i32.load (local.get $into))))
    (global.set $at (i32.add (global.get $at) (i32.const 1))))

  (func (export "handle") (param $request i32) (result i32)
    (local $events i32) (local $event i32) (local $count i32) (local $selector i32) (local $result i32)
    (global.set $at (i32.load offset=48 (local.get $request)))
    (global.set $end (i32.add (global.get $at) (i32.load offset=52 (local.get $request))))
    (local.set $events (call $allocate (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 4000)))
    (block $all
      (loop $line
        (br_if $all (i32.ge_u (global.get $at) (global.get $end)))
        (if (i32.ge_u (local.get $count) (i32.const 100)) (then unreachable))
        (local.set $event (i32.add (local.get $events) (i32.mul (local.get $count) (i32.const 40))))
        (local.set $selector (call $allocate (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 8)))
        (call $field (local.get $selector) (i32.const 9))
        (i32.store (local.get $event) (local.get $selector))
        (i32.store offset=4 (local.get $event) (i32.const 1))
        (call $field (i32.add (local.get $event) (i32.const 20)) (i32.const 9))
        (i32.store8 offset=16 (local.get $event) (i32.ne (i32.load offset=24 (local.get $event)) (i32.const 0)))
        (call $field (i32.add (local.get $event) (i32.const 8)) (i32.const 10))
        (local.set $count (i32.add (local.get $count) (i32.const 1)))
        (br $line)))
    (local.set $result (call $allocate (i32.const 0) (i32.const 0) (i32.const 4) (i32.const 40)))
    (i32.store offset=4 (local.get $result) (local.get $events))
    (i32.store offset=8 (local.get $result) (local.get $count))
    (local.get $result))

  ;; The manifest's mapping says what the selector is.
  (func (export "get-event-selector") (param i32 i32 i32 i32 i32 i32 i32 i32) (result i32)
    unreachable))

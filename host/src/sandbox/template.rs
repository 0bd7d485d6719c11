//! Machine code of a component that differs from an earlier one in nothing but what its memory holds at first. Connectors of
//! one JavaScript engine are such: the engine is the code, and a connector's own code is data in its memory. Their machine
//! code is the earlier one's with other data in it, so there is nothing to compile. (Where in the file a function began is not
//! adapted. Only backtraces would tell, and nobody sees those.)
//!
//! Whatever is not exactly like that has no outline, or another one, and is compiled.

use std::ops::Range;

use memchr::memmem;
use wasmparser::{
    DataKind, DataSectionReader, ImportSectionReader, MemorySectionReader, Operator, Parser, Payload, TypeRef,
};

use crate::secret::{sha256, sha256_hex};

/// The compiler begins and ends an image at the pages of the machine's memory, or at multiples of them.
const PAGE_BYTES: usize = 4096;
const WASM_PAGE_BYTES: u64 = 1 << 16;
/// Beyond this the compiler makes no image.
const IMAGE_BYTES_MAX: usize = 16 << 20;

/// A component, taken apart into what decides its machine code and what only fills its memory.
pub(super) struct Outline {
    /// Hash of everything but the data, and of where the image lies. Components of one shape have the same machine code.
    pub(super) shape: String,
    image: Image,
}

/// What the memory holds at first, from its first page that is not empty to its last.
struct Image {
    bytes: Vec<u8>,
    /// Where in `bytes` the first and the last byte lie that are not zero.
    filled: Range<usize>,
}

impl Outline {
    /// Takes a component apart, unless it fills its memory in another way than JavaScript engines do: one memory of its own,
    /// filled by one module, at places that are written in it.
    pub(super) fn of(component: &[u8]) -> Option<Outline> {
        let mut parts = Vec::new();
        let (mut memory_bytes, mut imports_memory) = (0, false);
        let mut image = None;
        for payload in Parser::new(0).parse_all(component) {
            let payload = payload.ok()?;
            match &payload {
                Payload::Version { num, encoding, .. } => {
                    (memory_bytes, imports_memory) = (0, false);
                    parts.extend(format!("{num} {encoding:?}").as_bytes());
                }
                // What these contain comes by itself.
                Payload::ModuleSection { .. } | Payload::ComponentSection { .. } => parts.extend(b"nested"),
                Payload::CodeSectionEntry(_) => {}
                Payload::End(_) => parts.extend(b"end"),
                Payload::DataSection(section) if section.count() > 0 => {
                    let (start, own) = Image::of(section.clone(), memory_bytes)?;
                    parts.extend(format!("{} from {start} with {}", section.count(), own.bytes.len()).as_bytes());
                    if imports_memory || image.replace(own).is_some() {
                        return None;
                    }
                }
                other => {
                    match other {
                        Payload::MemorySection(section) => memory_bytes = least_bytes(section.clone())?,
                        Payload::ImportSection(section) => imports_memory |= has_memory(section.clone())?,
                        _ => {}
                    }
                    let (id, range) = other.as_section()?;
                    parts.push(id);
                    parts.extend(sha256(component.get(range)?));
                }
            }
        }
        Some(Outline { shape: sha256_hex(&parts), image: image? })
    }

    /// Where the image lies in the component's own machine code; nothing if that cannot be said for certain.
    pub(super) fn find_in(&self, code: &[u8]) -> Option<usize> {
        let filled = self.image.bytes.get(self.image.filled.clone())?;
        let mut found = memmem::find_iter(code, filled);
        let start = found.next()?.checked_sub(self.image.filled.start)?;
        let is_whole = code.get(start..start + self.image.bytes.len())? == self.image.bytes;
        (found.next().is_none() && is_whole).then_some(start)
    }

    /// Makes the machine code of a component of the same shape, whose image lies at `place`, into this one's.
    pub(super) fn fill(&self, code: &mut [u8], place: usize) -> Option<()> {
        code.get_mut(place..place.checked_add(self.image.bytes.len())?)?.copy_from_slice(&self.image.bytes);
        Some(())
    }
}

impl Image {
    /// The image and where it begins, if every piece of data lies inside of the memory.
    fn of(section: DataSectionReader, memory_bytes: usize) -> Option<(usize, Image)> {
        let mut memory = vec![0; memory_bytes];
        for data in section {
            let data = data.ok()?;
            let DataKind::Active { memory_index: 0, offset_expr } = data.kind else { return None };
            let mut operators = offset_expr.get_operators_reader();
            let Ok(Operator::I32Const { value }) = operators.read() else { return None };
            if !matches!(operators.read(), Ok(Operator::End)) || !operators.eof() {
                return None;
            }
            let start = usize::try_from(value.cast_unsigned()).ok()?;
            memory.get_mut(start..start.checked_add(data.data.len())?)?.copy_from_slice(data.data);
        }
        let first = memory.iter().position(|byte| *byte != 0)?;
        let end = memory.iter().rposition(|byte| *byte != 0)? + 1;
        let start = first / PAGE_BYTES * PAGE_BYTES;
        let bytes = memory.get(start..end.next_multiple_of(PAGE_BYTES))?.to_vec();
        (bytes.len() <= IMAGE_BYTES_MAX).then_some((start, Image { bytes, filled: first - start..end - start }))
    }
}

/// Whether a module works on a memory that is not its own.
fn has_memory(section: ImportSectionReader) -> Option<bool> {
    let mut imports = section.into_imports();
    let found =
        imports.try_fold(false, |found, import| import.map(|import| found || matches!(import.ty, TypeRef::Memory(_))));
    found.ok()
}

/// How large a module's only memory is at least, in bytes.
fn least_bytes(section: MemorySectionReader) -> Option<usize> {
    let mut memories = section.into_iter();
    let memory = memories.next()?.ok()?;
    let bytes = usize::try_from(memory.initial.checked_mul(WASM_PAGE_BYTES)?).ok()?;
    (memories.next().is_none() && bytes <= 4 * IMAGE_BYTES_MAX).then_some(bytes)
}

#[cfg(test)]
mod tests {
    use std::path::Path;
    use std::sync::Arc;

    use super::*;
    use crate::sandbox::engine;
    use crate::sandbox::functions::Functions;

    const ENGINE: &str = r#"(func (export "f") (result i32) (i32.load (i32.const 70000)))"#;

    fn component(code: &str, data: &str) -> Vec<u8> {
        wat::parse_str(format!("(component (core module (memory 3) {code} {data}))")).unwrap()
    }

    fn compiled(component: &[u8]) -> Vec<u8> {
        let functions = Arc::new(Functions::read(Path::new("/nowhere")));
        engine::for_compiling(functions).unwrap().precompile_component(component).unwrap()
    }

    fn shape(component: &[u8]) -> Option<String> {
        Outline::of(component).map(|outline| outline.shape)
    }

    #[test]
    fn a_template_filled_is_what_would_have_been_compiled() {
        let first = component(ENGINE, r#"(data (i32.const 70000) "first, some words") (data (i32.const 80000) "end")"#);
        let other = component(ENGINE, r#"(data (i32.const 70100) "another") (data (i32.const 80010) "E")"#);
        let mut code = compiled(&first);
        let place = Outline::of(&first).unwrap().find_in(&code).unwrap();
        let outline = Outline::of(&other).unwrap();
        assert_eq!(outline.shape, shape(&first).unwrap());
        outline.fill(&mut code, place).unwrap();
        assert!(code == compiled(&other));
    }

    #[test]
    fn other_code_or_memory_in_other_places_is_another_shape() {
        let data = r#"(data (i32.const 70000) "text")"#;
        let own = shape(&component(ENGINE, data)).unwrap();
        let other_code = ENGINE.replace("load", "load8_u");
        assert_ne!(own, shape(&component(&other_code, data)).unwrap());
        assert_ne!(own, shape(&component(ENGINE, r#"(data (i32.const 60000) "text")"#)).unwrap());
        assert_ne!(
            own,
            shape(&component(ENGINE, r#"(data (i32.const 70000) "text") (data (i32.const 90000) "end")"#)).unwrap()
        );
    }

    #[test]
    fn what_fills_memory_in_another_way_has_no_outline() {
        assert!(shape(&component(ENGINE, "")).is_none());
        assert!(shape(&component(ENGINE, r#"(data "passive")"#)).is_none());
        assert!(shape(&component(ENGINE, r#"(data (i32.const 196606) "beyond the end")"#)).is_none());
        let by_a_global = r#"(global $at i32 (i32.const 70000)) (data (offset (global.get $at)) "text")"#;
        assert!(shape(&component(ENGINE, by_a_global)).is_none());
        let foreign = r#"(import "a" "memory" (memory 3))"#;
        let wat = format!(r#"(component (core module {foreign} (memory 3) (data (i32.const 70000) "text")))"#);
        assert!(shape(&wat::parse_str(wat).unwrap()).is_none());
        assert!(shape(b"no component").is_none());
    }

    #[test]
    fn an_image_that_is_found_twice_is_not_used() {
        let code = compiled(&component(ENGINE, r#"(data (i32.const 70000) "text")"#));
        let outline = Outline::of(&component(ENGINE, r#"(data (i32.const 70000) "text")"#)).unwrap();
        assert!(outline.find_in(&[code.as_slice(), code.as_slice()].concat()).is_none());
        assert!(outline.find_in(b"nothing").is_none());
    }
}

//! Files of WebAssembly as a tree of sections, so that one part of a file can be changed and the rest of it
//! still be read: lengths are written anew.

use arbitrary::{Error, Unstructured};

/// How deep components may stand in components; deeper ones are left as they are.
const MAX_DEPTH: usize = 4;
/// Magic number, version and layer.
const HEADER_BYTES: usize = 8;
/// The sections of a component that hold a module or a component.
const NESTED: [u8; 2] = [1, 4];
/// That of a module that holds code.
const CODE: u8 = 10;
/// `unreachable` as the whole of a function, with its length.
const EMPTY_BODY: [u8; 4] = [3, 0, 0x00, 0x0b];

/// A module or a component.
#[derive(Debug, Clone)]
struct File {
    header: Vec<u8>,
    sections: Vec<Section>,
}

#[derive(Debug, Clone)]
struct Section {
    id: u8,
    content: Content,
}

#[derive(Debug, Clone)]
enum Content {
    Bytes(Vec<u8>),
    File(File),
}

impl File {
    /// Nothing when the bytes do not consist of whole sections.
    fn read(bytes: &[u8], depth: usize) -> Option<File> {
        let (header, mut rest) = bytes.split_at_checked(HEADER_BYTES)?;
        let is_component = header.starts_with(b"\0asm") && header[6] == 1;
        let mut sections = Vec::new();
        while let Some((&id, after)) = rest.split_first() {
            let (length, after) = number(after)?;
            let (content, after) = after.split_at_checked(length)?;
            rest = after;
            let nested = match is_component && NESTED.contains(&id) && depth > 0 {
                true => File::read(content, depth - 1),
                false => None,
            };
            let content = nested.map_or_else(|| Content::Bytes(content.to_vec()), Content::File);
            sections.push(Section { id, content });
        }
        Some(File {
            header: header.to_vec(),
            sections,
        })
    }

    fn write(&self) -> Vec<u8> {
        let mut bytes = self.header.clone();
        for section in &self.sections {
            let content = match &section.content {
                Content::Bytes(bytes) => bytes.clone(),
                Content::File(file) => file.write(),
            };
            bytes.push(section.id);
            put_number(&mut bytes, content.len());
            bytes.extend(content);
        }
        bytes
    }

    /// This file or one inside of it, and one of its sections.
    fn choose(&mut self, choice: &mut Unstructured<'_>) -> Result<(&mut File, usize), Error> {
        let at = choice.choose_index(self.sections.len())?;
        match self.sections[at].content {
            Content::File(_) if choice.ratio(4, 5)? => {
                let Content::File(file) = &mut self.sections[at].content else {
                    return Err(Error::IncorrectFormat);
                };
                file.choose(choice)
            }
            _ => Ok((self, at)),
        }
    }

    fn without_code(mut self) -> File {
        self.sections.retain(|section| section.id != 0);
        for section in &mut self.sections {
            section.content =
                match std::mem::replace(&mut section.content, Content::Bytes(Vec::new())) {
                    Content::File(file) => Content::File(file.without_code()),
                    Content::Bytes(bytes) if section.id == CODE && self.header[6] == 0 => {
                        Content::Bytes(empty_bodies(&bytes))
                    }
                    same => same,
                };
        }
        self
    }
}

/// The file with its functions emptied and without names: what is left is how its parts fit together.
pub fn without_code(bytes: &[u8]) -> Vec<u8> {
    let file = File::read(bytes, MAX_DEPTH).expect("a file of whole sections");
    file.without_code().write()
}

fn empty_bodies(code: &[u8]) -> Vec<u8> {
    let (count, _) = number(code).expect("a number of functions");
    let mut emptied = Vec::new();
    put_number(&mut emptied, count);
    emptied.extend(EMPTY_BODY.repeat(count));
    emptied
}

/// Changes a part of the file: the content of one section by what `change` does to bytes, or which sections there are.
/// Nothing when it is no file of whole sections, or nothing would come of it within `limit`.
pub fn mutate(
    bytes: &[u8],
    limit: usize,
    choice: u64,
    change: impl FnOnce(&mut Vec<u8>),
) -> Option<Vec<u8>> {
    let mut file = File::read(bytes, MAX_DEPTH)?;
    // Enough for as many choices as there are to be made; the rest are zeroes.
    let random: Vec<u8> = (0..8)
        .flat_map(|round| spread(choice ^ round).to_le_bytes())
        .collect();
    let choice = &mut Unstructured::new(&random);
    let (inner, at) = file.choose(choice).ok()?;
    match choice.int_in_range(0..=9).ok()? {
        0 => drop(inner.sections.remove(at)),
        1 => inner.sections.insert(at, inner.sections[at].clone()),
        2 => {
            let other = choice.choose_index(inner.sections.len()).ok()?;
            inner.sections.swap(at, other);
        }
        _ => match &mut inner.sections[at].content {
            Content::Bytes(bytes) => change(bytes),
            Content::File(file) => change(&mut file.header),
        },
    }
    let mutated = file.write();
    (mutated.len() <= limit).then_some(mutated)
}

/// Numbers next to each other become numbers that have nothing to do with each other (SplitMix64).
fn spread(number: u64) -> u64 {
    let mixed = number.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

/// A number of up to 32 bits in LEB128, and what follows it.
fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let mut value = 0_usize;
    for (at, byte) in bytes.iter().take(5).enumerate() {
        value |= usize::from(byte & 0x7f) << (7 * at);
        if byte & 0x80 == 0 {
            return Some((value, &bytes[at + 1..]));
        }
    }
    None
}

fn put_number(bytes: &mut Vec<u8>, mut value: usize) {
    while value >= 0x80 {
        bytes.push(value as u8 | 0x80);
        value >>= 7;
    }
    bytes.push(value as u8);
}

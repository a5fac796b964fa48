//! Any bytes as the file of a plugin.
#![no_main]

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| casewright_fuzz::component(bytes));

// One section at a time: bytes that are changed anywhere in a file mostly leave nothing that can be read.
libfuzzer_sys::fuzz_mutator!(|data: &mut [u8], size: usize, max_size: usize, seed: u32| {
    let change = |bytes: &mut Vec<u8>| {
        let length = bytes.len().min(max_size);
        let room = (length + 64).min(max_size);
        bytes.resize(room, 0);
        let length = libfuzzer_sys::fuzzer_mutate(bytes, length, room);
        bytes.truncate(length);
    };
    // Every tenth file is changed anywhere all the same.
    let mutated = match seed % 10 {
        0 => None,
        _ => casewright_fuzz::mutate(&data[..size], max_size, seed.into(), change),
    };
    match mutated {
        Some(mutated) => {
            data[..mutated.len()].copy_from_slice(&mutated);
            mutated.len()
        }
        None => libfuzzer_sys::fuzzer_mutate(data, size, max_size),
    }
});

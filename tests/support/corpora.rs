//! The clean corpora of the shared data.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

/// Those of a script (`.S.` or `.T.`): file name and text, by name.
pub(crate) fn corpora(
    shared: &Path,
    script: &str,
) -> Result<Vec<(String, String)>, Box<dyn Error>> {
    let mut files: Vec<PathBuf> = fs::read_dir(shared.join("corpora/clean"))?
        .map(|entry| Ok(entry?.path()))
        .collect::<Result<_, std::io::Error>>()?;
    files.sort();
    files
        .into_iter()
        .filter_map(|file| {
            let name = file.file_name()?.to_str()?.to_owned();
            name.contains(script).then(|| {
                let text = String::from_utf8(zstd::decode_all(&fs::read(&file)?[..])?)?;
                Ok((name, text))
            })
        })
        .collect()
}

//! Which output belongs to which input, decided and checked before anything is written.

use std::collections::{HashMap, HashSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

use super::SinkError;
use crate::source::Input;

/// Where the repaired text of one input goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Destination {
    /// Standard output.
    Standard,
    /// A file.
    File(PathBuf),
}

/// One destination for each input, in the same order.
///
/// Without `output` a single input goes to standard output. With it, a single input goes to that file, or into
/// it when it is a folder (or ends like one, `out/`); several inputs go into that folder under their file names,
/// with `keep_paths` under the paths they were given with. Equal names and outputs that are inputs are refused.
pub fn plan(
    inputs: &[Input],
    output: Option<&Path>,
    keep_paths: bool,
) -> Result<Vec<Destination>, SinkError> {
    let Some(output) = output else {
        return match inputs {
            [_] => Ok(vec![Destination::Standard]),
            _ => Err(SinkError::SeveralToStandard),
        };
    };
    if output.as_os_str() == "-" {
        return plan(inputs, None, keep_paths);
    }
    let mut targets = Vec::with_capacity(inputs.len());
    let looks_like_folder = output.as_os_str().as_encoded_bytes().ends_with(b"/");
    if inputs.len() == 1 && !keep_paths && !looks_like_folder && !output.is_dir() {
        targets.push(output.to_owned());
    } else {
        if output.exists() && !output.is_dir() {
            return Err(SinkError::SeveralToFile(output.to_owned()));
        }
        for input in inputs {
            targets.push(output.join(name_inside(input, output, keep_paths)?));
        }
    }
    refuse_clashes(inputs, &targets)?;
    refuse_inputs(inputs, &targets)?;
    Ok(targets.into_iter().map(Destination::File).collect())
}

/// The path of an input's output below the output folder: its file name, or the path it was given with.
pub fn name_inside(input: &Input, folder: &Path, keep_paths: bool) -> Result<PathBuf, SinkError> {
    let path = input
        .path()
        .ok_or_else(|| SinkError::Nameless(folder.to_owned()))?;
    if !keep_paths {
        // A path without a file name (`..`, `/`) is a folder, which is refused when it is opened.
        return Ok(path
            .file_name()
            .map_or_else(|| "folder".into(), PathBuf::from));
    }
    let mut kept = PathBuf::new();
    for component in path.components() {
        match component {
            Component::CurDir => {}
            Component::Normal(name) => kept.push(name),
            _ => return Err(SinkError::Outside(path.to_owned())),
        }
    }
    Ok(kept)
}

fn refuse_clashes(inputs: &[Input], targets: &[PathBuf]) -> Result<(), SinkError> {
    let mut taken: HashMap<&Path, &Input> = HashMap::new();
    for (input, target) in inputs.iter().zip(targets) {
        if let Some(other) = taken.insert(target, input) {
            return Err(SinkError::Clash {
                first: other.name().to_owned(),
                second: input.name().to_owned(),
                target: target.clone(),
            });
        }
    }
    Ok(())
}

/// Refuses targets that are inputs, by whatever name: through links, `..` or other spellings.
pub fn refuse_inputs(inputs: &[Input], targets: &[PathBuf]) -> Result<(), SinkError> {
    let identities: HashSet<Identity> = inputs
        .iter()
        .filter_map(Input::path)
        .filter_map(identity)
        .collect();
    for target in targets {
        if identity(target).is_some_and(|found| identities.contains(&found)) {
            return Err(SinkError::IsInput(target.clone()));
        }
    }
    Ok(())
}

/// Where a path leads, whether something is there or not: links and `..` are followed as far as there are any.
pub fn location(path: &Path) -> PathBuf {
    let path = match path.as_os_str().is_empty() {
        // What is above a lone name.
        true => Path::new("."),
        false => path,
    };
    let absolute = std::path::absolute(path).unwrap_or_else(|_| path.to_owned());
    let there = absolute.ancestors().find_map(|ancestor| {
        let rest = absolute.strip_prefix(ancestor).ok()?;
        let mut there = ancestor.canonicalize().ok()?;
        // To put nothing behind a path would make a folder of it.
        there.extend(rest);
        Some(there)
    });
    there.unwrap_or(absolute)
}

/// What makes two paths the same existing file.
#[cfg(unix)]
type Identity = (u64, u64);

#[cfg(unix)]
fn identity(path: &Path) -> Option<Identity> {
    use std::os::unix::fs::MetadataExt;
    let metadata = fs::metadata(path).ok().filter(fs::Metadata::is_file)?;
    Some((metadata.dev(), metadata.ino()))
}

#[cfg(not(unix))]
type Identity = PathBuf;

#[cfg(not(unix))]
fn identity(path: &Path) -> Option<Identity> {
    fs::canonicalize(path).ok().filter(|path| path.is_file())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn inputs(paths: &[&str]) -> Vec<Input> {
        Input::from_paths(&paths.iter().map(PathBuf::from).collect::<Vec<_>>())
    }

    fn planned(
        paths: &[&str],
        output: Option<&str>,
        keep_paths: bool,
    ) -> Result<Vec<Destination>, String> {
        plan(&inputs(paths), output.map(Path::new), keep_paths).map_err(|error| error.to_string())
    }

    fn files(paths: &[&str]) -> Result<Vec<Destination>, String> {
        Ok(paths
            .iter()
            .map(|path| Destination::File(path.into()))
            .collect())
    }

    #[test]
    fn one_input_goes_to_standard_output_or_to_the_file() {
        assert_eq!(
            planned(&["a.txt"], None, false),
            Ok(vec![Destination::Standard])
        );
        assert_eq!(
            planned(&["a.txt"], Some("-"), false),
            Ok(vec![Destination::Standard])
        );
        assert_eq!(
            planned(&["d/a.txt"], Some("b.txt"), false),
            files(&["b.txt"])
        );
        assert_eq!(
            planned(&["d/a.txt"], Some("out/"), false),
            files(&["out/a.txt"])
        );
        assert_eq!(
            planned(&["d/a.txt"], Some("out"), true),
            files(&["out/d/a.txt"])
        );
        assert_eq!(planned(&["-"], Some("b.txt"), false), files(&["b.txt"]));
        assert!(
            planned(&["-"], Some("out/"), false)
                .unwrap_err()
                .contains("`-o FILE`")
        );
    }

    #[test]
    fn several_inputs_need_a_folder_and_different_names() {
        assert!(
            planned(&["a", "b"], None, false)
                .unwrap_err()
                .contains("`-o DIR`")
        );
        assert!(
            planned(&["a", "b"], Some("Cargo.toml"), false)
                .unwrap_err()
                .starts_with("Cargo.toml: is a file")
        );
        assert_eq!(
            planned(&["x/a", "b"], Some("out"), false),
            files(&["out/a", "out/b"])
        );
        let message = planned(&["x/a", "y/a"], Some("out"), false).unwrap_err();
        assert!(
            message.starts_with("x/a and y/a would both become out/a; give `--keep-paths`"),
            "{message}"
        );
        assert_eq!(
            planned(&["x/a", "./y/a"], Some("out"), true),
            files(&["out/x/a", "out/y/a"])
        );
        assert!(
            planned(&["x/a", "../y/a"], Some("out"), true)
                .unwrap_err()
                .starts_with("../y/a: `--keep-paths`")
        );
        assert!(planned(&["a", "/etc/a"], Some("out"), true).is_err());
        assert!(planned(&["a", "a"], Some("out"), true).is_err());
    }

    #[test]
    fn a_location_does_not_depend_on_the_spelling() {
        let here = std::env::current_dir().unwrap().canonicalize().unwrap();
        assert_eq!(
            location("src/../Cargo.toml".as_ref()),
            here.join("Cargo.toml")
        );
        assert_eq!(
            location("./no/such/頁.txt".as_ref()),
            here.join("no/such/頁.txt")
        );
        assert_eq!(location("src/".as_ref()), here.join("src"));
        assert_eq!(location("".as_ref()), here);
        assert!(location("Cargo.toml".as_ref()).is_file());
    }

    #[test]
    fn an_input_is_never_an_output() {
        let message = planned(&["Cargo.toml"], Some("src/../Cargo.toml"), false).unwrap_err();
        assert!(message.contains("is also an input"), "{message}");
        assert!(planned(&["Cargo.toml"], Some("."), false).is_err());
        assert!(planned(&["src/lib.rs", "Cargo.toml"], Some("."), true).is_err());
    }
}

//! Circles of imports between the files of a room. A file and the module that it is declared in may name
//! each other: `mod.rs` is the door of its folder.

use std::collections::{BTreeMap, BTreeSet};

use super::code::{Code, is_test_file};

/// The names that lead to a module from the crate's root.
type Module<'a> = Vec<&'a str>;

/// The modules of all files, and what each of them imports by which name.
struct Files<'a> {
    modules: BTreeMap<Module<'a>, &'a str>,
    imports: BTreeMap<(Module<'a>, &'a str), Vec<&'a str>>,
}

/// Follows imports through no more doors than this.
const DOORS_MAX: usize = 8;

/// Says which imports are part of a circle.
pub(crate) fn wrong(files: &[Code]) -> Vec<String> {
    let files: Vec<&Code> = files
        .iter()
        .filter(|code| !is_test_file(code.path))
        .collect();
    let all = Files::of(&files);
    let mut arrows: BTreeSet<(Module, Module)> = BTreeSet::new();
    for code in &files {
        let from = module(code.path);
        for path in code.paths().iter().filter(|path| !path.first.in_test) {
            let Some(to) = all.target(&from, &path.words, DOORS_MAX) else {
                continue;
            };
            if !from.starts_with(&to) && !to.starts_with(&from) {
                arrows.insert((from.clone(), to));
            }
        }
    }
    let left = in_circles(arrows);
    let told = left.iter().map(|(from, to)| {
        let (from, to) = (all.modules[from], all.modules[to]);
        format!("{from}:1: uses {to}, which uses {from}, perhaps through others")
    });
    told.collect()
}

/// Takes the arrows away that begin where none ends, or end where none begins, until only circles are
/// left and what joins them.
fn in_circles<'a>(
    mut arrows: BTreeSet<(Module<'a>, Module<'a>)>,
) -> BTreeSet<(Module<'a>, Module<'a>)> {
    loop {
        let from: BTreeSet<Module> = arrows.iter().map(|(from, _)| from.clone()).collect();
        let to: BTreeSet<Module> = arrows.iter().map(|(_, to)| to.clone()).collect();
        let before = arrows.len();
        arrows.retain(|arrow| from.contains(&arrow.1) && to.contains(&arrow.0));
        if arrows.len() == before {
            return arrows;
        }
    }
}

fn module(path: &str) -> Module<'_> {
    let below = path.strip_prefix("src/").unwrap_or(path);
    let names = below.strip_suffix(".rs").unwrap_or(below);
    let mut names: Module = names.split('/').collect();
    if let Some("mod" | "lib" | "main") = names.last().copied() {
        names.pop();
    }
    names
}

impl<'a> Files<'a> {
    fn of(files: &[&Code<'a>]) -> Self {
        let mut all = Self {
            modules: files
                .iter()
                .map(|code| (module(code.path), code.path))
                .collect(),
            imports: BTreeMap::new(),
        };
        for code in files {
            for path in code.paths() {
                if let [.., _, name] = path.words.as_slice() {
                    let import = (module(code.path), *name);
                    all.imports.entry(import).or_insert(path.words);
                }
            }
        }
        all
    }

    /// The module that a path leads to, as seen from a module.
    fn target(&self, from: &[&'a str], words: &[&'a str], doors: usize) -> Option<Module<'a>> {
        let first = *words.first()?;
        let ups = words.iter().take_while(|word| **word == "super").count();
        let (mut at, mut rest) = match first {
            "crate" => (Vec::new(), &words[1..]),
            "self" => (from.to_vec(), &words[1..]),
            "super" => (from[..from.len().checked_sub(ups)?].to_vec(), &words[ups..]),
            name => {
                let child: Module = [from, &[name]].concat();
                self.modules
                    .contains_key(&child)
                    .then(|| (from.to_vec(), words))?
            }
        };
        while let Some((name, after)) = rest.split_first() {
            at.push(name);
            if !self.modules.contains_key(&at) {
                at.pop();
                break;
            }
            rest = after;
        }
        let through = rest.first().and_then(|name| {
            let import = self.imports.get(&(at.clone(), *name))?;
            (at != from && doors > 0).then(|| self.target(&at, import, doors - 1))?
        });
        Some(through.unwrap_or(at))
    }
}

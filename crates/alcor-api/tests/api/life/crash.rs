//! Deaths of a region at the worst moments: while a write is under way, and with the end of what
//! it wrote torn off.

use super::model::Lists;
use alcor_managers::schema;
use alcor_store::{Backend, BackendError, Batch, Disk, Key, Loaded, Store, Value};
use std::collections::BTreeSet;
use std::fs::{self, File};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

/// What goes wrong with the next write.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Nothing of it reaches the disk.
    Unwritten,
    /// All of it does, and nobody hears so.
    Unanswered,
}

/// A disk that can be told to fail.
pub(crate) struct Faulty {
    disk: Disk,
    next: Arc<Mutex<Option<Fault>>>,
}

impl Faulty {
    /// A store on the folder, and what makes its next write fail.
    pub(crate) fn open(folder: &Path) -> (Store, Arc<Mutex<Option<Fault>>>) {
        let next = Arc::default();
        let disk = Disk::open(folder).unwrap();
        let faulty = Self {
            disk,
            next: Arc::clone(&next),
        };
        let store = Store::with_backend(faulty, schema::store_options()).unwrap();
        (store, next)
    }
}

impl Backend for Faulty {
    fn load(&mut self, row: &mut dyn FnMut(Key, Value)) -> Result<Loaded, BackendError> {
        self.disk.load(row)
    }

    fn commit(&mut self, batch: Batch<'_>) -> Result<(), BackendError> {
        let fault = self.next.lock().unwrap().take();
        if fault != Some(Fault::Unwritten) {
            self.disk.commit(batch)?;
        }
        match fault {
            None => Ok(()),
            Some(fault) => Err(BackendError::Io {
                doing: "writing a batch",
                source: Arc::new(std::io::Error::other(format!("{fault:?}"))),
            }),
        }
    }

    fn close(self: Box<Self>) -> Result<(), BackendError> {
        Box::new(self.disk).close()
    }
}

/// How much of a journal is looked at in one go.
const BLOCK: usize = 4096;

/// Where what was written to the newest journal of a closed store ends: fjall makes the file longer
/// than that beforehand.
pub(crate) fn written(folder: &Path) -> Option<(PathBuf, usize)> {
    let entries = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path());
    let journals = entries.filter(|path| path.extension().is_some_and(|is| is == "jnl"));
    let newest = journals.max_by_key(|path| number(path))?;
    let content = fs::read(&newest).unwrap();
    let mut blocks = content.chunks(BLOCK);
    let last = blocks.rposition(|block| block != &[0; BLOCK][..block.len()])?;
    let written = &content[..content.len().min((last + 1) * BLOCK)];
    let end = written.iter().rposition(|byte| *byte != 0)?;
    Some((newest, end + 1))
}

fn number(journal: &Path) -> Option<u64> {
    journal.file_stem()?.to_str()?.parse().ok()
}

/// Tears bytes off the end of what was written, and nothing of what was there at first.
pub(crate) fn tear(folder: &Path, bytes: usize, first: Option<&(PathBuf, usize)>) {
    let Some((journal, end)) = written(folder) else {
        return;
    };
    let floor = first.filter(|(path, _)| *path == journal);
    let floor = floor.map_or(0, |(_, end)| *end);
    let left = end.saturating_sub(bytes).max(floor);
    let file = File::options().write(true).open(journal).unwrap();
    file.set_len(u64::try_from(left).unwrap()).unwrap();
}

/// The lists without default security groups: where one is gone, the next list makes another, so
/// that a torn disk may be as it was between the two.
pub(crate) fn without_defaults(lists: &Lists) -> Lists {
    let mut lists = lists.clone();
    let mut defaults = BTreeSet::new();
    if let Some(groups) = lists.get_mut("security-groups") {
        let of_default = groups.extract_if(.., |_, group| group["name"] == "default");
        defaults.extend(of_default.map(|(_, group)| group["id"].to_string()));
    }
    if let Some(rules) = lists.get_mut("security-group-rules") {
        rules.retain(|_, rule| !defaults.contains(&rule["security_group_id"].to_string()));
    }
    lists
}

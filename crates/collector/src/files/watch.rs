//! Which files a job follows: new ones are opened, renamed ones kept until they are read to their end.

use std::collections::{HashMap, HashSet};
use std::fs::{File, Metadata};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant, SystemTime};

use super::settings::ReadSettings;
use super::tail::{Tail, TailCounters, TailParts};
use super::targets::Target;
use super::{FileId, siblings};
use crate::metrics::{Metrics, Number};
use crate::positions::{Checkpoint, FileKey, Positions, Saved};

/// Files that one job follows at most.
const MAX_FILES: usize = 10_000;

/// The files of a job, in the order in which they were opened.
#[derive(Debug)]
pub struct Watch {
    pub tails: Vec<Tail>,
    pub targets: Vec<Target>,
    job: usize,
    rotated_grace: Duration,
    sync_period: Duration,
    forgot: Instant,
    positions: Arc<Positions>,
    saved: Vec<Saved>,
    metrics: Metrics,
    files_active: Number,
    /// Paths that couldn't be opened, so that each is reported once.
    failing: HashSet<PathBuf>,
    sources: u64,
}

/// A file to be opened.
#[derive(Debug)]
struct Candidate {
    /// Where it is.
    at: PathBuf,
    /// The name its lines and its position are filed under.
    name: PathBuf,
    target: usize,
    id: FileId,
}

impl Watch {
    pub fn new(
        job: usize,
        targets: Vec<Target>,
        settings: &ReadSettings,
        positions: Arc<Positions>,
        metrics: Metrics,
    ) -> Self {
        let saved = positions.saved(|path| targets.iter().any(|target| target.glob.matches(Path::new(path))));
        metrics.gauge("promtail_targets_active_total", "Targets read.", &[]).add(targets.len() as f64);
        Self {
            tails: Vec::new(),
            targets,
            job,
            rotated_grace: settings.rotated_grace,
            sync_period: settings.sync_period,
            forgot: Instant::now(),
            positions,
            saved,
            files_active: metrics.gauge("promtail_files_active_total", "Files read.", &[]),
            metrics,
            failing: HashSet::new(),
            sources: 0,
        }
    }

    /// Finds files that were renamed while no collector ran, and reads on where it ended.
    pub fn recover(&mut self) {
        for saved in self.saved.clone() {
            let path = PathBuf::from(&saved.path);
            let Some(id) = saved.id else { continue };
            let current = std::fs::metadata(&path).ok().map(|metadata| FileId::from(&metadata));
            let Some(target) = self.target_of(&path).filter(|_| current != Some(id)) else { continue };
            let Some(renamed) = siblings::with_id(&path, id) else { continue };
            // One that a glob matches under its new name is found by looking.
            if self.target_of(&renamed).is_none() {
                self.open(&Candidate { at: renamed, name: path, target, id });
            }
        }
    }

    /// The target whose glob is about `path`.
    fn target_of(&self, path: &Path) -> Option<usize> {
        self.targets.iter().position(|target| target.glob.matches(path))
    }

    /// Looks at all names: what grew, what is new, what no longer has a name.
    pub fn look(&mut self) {
        if self.forgot.elapsed() >= self.sync_period {
            self.forgot = Instant::now();
            self.targets.iter_mut().for_each(|target| target.glob.forget());
        }
        let known: HashMap<FileId, usize> =
            self.tails.iter().enumerate().map(|(i, tail)| (tail.id, i)).collect();
        let mut seen = HashSet::new();
        let mut candidates = Vec::new();
        for target in 0..self.targets.len() {
            for path in self.targets[target].glob.files() {
                let Ok(metadata) = std::fs::metadata(&path) else { continue };
                let id = FileId::from(&metadata);
                // One file under two names is read once.
                if !metadata.is_file() || !seen.insert(id) {
                    continue;
                }
                match known.get(&id) {
                    Some(&index) => self.seen(index, &path, &metadata),
                    None => candidates.push(Candidate { name: path.clone(), at: path, target, id }),
                }
            }
        }
        let now = Instant::now();
        for tail in self.tails.iter_mut().filter(|tail| !seen.contains(&tail.id)) {
            tail.rotated.get_or_insert(now);
            if tail.refresh_size().is_err() {
                tail.is_failing = true;
            }
        }
        let opened_before = self.sources;
        for candidate in candidates {
            self.open_missed(&candidate, &seen);
            self.open(&candidate);
        }
        if self.sources != opened_before {
            // Known on disk before it is read, a file can be found again however it is renamed and whoever crashes.
            // A failure is reported by the task that saves positions from time to time.
            drop(self.positions.save());
        }
    }

    fn seen(&mut self, index: usize, path: &Path, metadata: &Metadata) {
        let tail = &mut self.tails[index];
        tail.size = metadata.len();
        tail.rotated = None;
        if Path::new(&*tail.path) != path {
            tail.path = path.to_string_lossy().into();
            tail.checkpointed = None;
        }
    }

    /// Opens files that had the candidate's name between two looks and were renamed again already.
    fn open_missed(&mut self, candidate: &Candidate, seen: &HashSet<FileId>) {
        let Some(before) = self.tails.iter().rfind(|tail| tail.opened_as == candidate.name) else { return };
        let since = before.modified().unwrap_or(SystemTime::now());
        let known: HashSet<FileId> = self.tails.iter().map(|tail| tail.id).collect();
        for (id, path) in siblings::rotated_since(&candidate.name, since) {
            if !known.contains(&id) && !seen.contains(&id) && id != candidate.id {
                self.open(&Candidate {
                    at: path,
                    name: candidate.name.clone(),
                    target: candidate.target,
                    id,
                });
            }
        }
    }

    fn open(&mut self, candidate: &Candidate) {
        if self.tails.len() >= MAX_FILES {
            self.report(&candidate.at, "too_many_files", &format!("a job follows {MAX_FILES} files at most"));
            return;
        }
        match self.try_open(candidate) {
            Ok(Some(tail)) => {
                self.failing.remove(&candidate.at);
                let key = FileKey { job: self.job, id: tail.id };
                self.positions.begin(key, &tail.path, tail.offset);
                self.files_active.add(1.0);
                self.tails.push(tail);
            }
            Ok(None) => {}
            Err(error) => self.report(&candidate.at, "open", &error.to_string()),
        }
    }

    /// `None` if the name leads to another file by now; the next look finds it.
    fn try_open(&mut self, candidate: &Candidate) -> std::io::Result<Option<Tail>> {
        let file = File::open(&candidate.at)?;
        if FileId::from(&file.metadata()?) != candidate.id {
            return Ok(None);
        }
        let filename = candidate.name.to_string_lossy();
        let mut labels = (*self.targets[candidate.target].labels).clone();
        labels.insert("filename", &filename);
        self.sources += 1;
        let mut tail = Tail::new(TailParts {
            source: self.sources,
            file,
            id: candidate.id,
            path: &candidate.name,
            target: candidate.target,
            labels: Arc::new(labels),
            offset: self.saved_offset(candidate),
            counters: TailCounters::new(&self.metrics, &filename),
        })?;
        tail.predecessor =
            self.tails.iter().rfind(|other| other.opened_as == candidate.name).map(|other| other.source);
        Ok(Some(tail))
    }

    /// Where a former run stopped in this very file; by name only if that run didn't know identities.
    fn saved_offset(&self, candidate: &Candidate) -> u64 {
        let by_id = self.saved.iter().find(|saved| saved.id == Some(candidate.id));
        let by_name =
            || self.saved.iter().find(|saved| saved.id.is_none() && Path::new(&saved.path) == candidate.name);
        by_id.or_else(by_name).map_or(0, |saved| saved.offset)
    }

    fn report(&mut self, path: &Path, reason: &str, problem: &str) {
        self.metrics
            .counter("promtail_targets_failed_total", "Files that cannot be read.", &[("reason", reason)])
            .count(1);
        if self.failing.len() < MAX_FILES && self.failing.insert(path.to_owned()) {
            tracing::warn!(path = %path.display(), problem, "file cannot be read");
        }
    }

    /// Whether the file that had the name before isn't read to its end yet, nor those before it.
    pub fn waits_for_predecessor(&mut self, index: usize) -> bool {
        let Some(source) = self.tails[index].predecessor else { return false };
        let waits = self
            .tails
            .iter()
            .any(|tail| tail.source == source && (!tail.is_at_end() || tail.predecessor.is_some()));
        if !waits {
            self.tails[index].predecessor = None;
        }
        waits
    }

    /// The number of a file that was rotated away, is read to its end and got no line for a while.
    pub fn finished(&self) -> Option<usize> {
        self.tails.iter().position(|tail| {
            tail.rotated.is_some_and(|since| {
                let quiet_since = since.max(tail.last_growth);
                (tail.is_at_end() || tail.is_failing) && quiet_since.elapsed() >= self.rotated_grace
            })
        })
    }

    /// Closes a file; its last checkpoint.
    pub fn close(&mut self, index: usize) -> (u64, Checkpoint) {
        let tail = self.tails.remove(index);
        self.files_active.add(-1.0);
        if !self.tails.iter().any(|other| other.opened_as == tail.opened_as) {
            TailCounters::remove(&self.metrics, &tail.opened_as.to_string_lossy());
        }
        let key = FileKey { job: self.job, id: tail.id };
        let checkpoint = Checkpoint { key, path: tail.path, offset: tail.offset, is_finished: true };
        (tail.source, checkpoint)
    }

    /// A read failed.
    pub fn fail(&mut self, index: usize, error: &std::io::Error) {
        self.tails[index].is_failing = true;
        let path = PathBuf::from(&*self.tails[index].path);
        self.report(&path, "read", &error.to_string());
    }
}

impl Drop for Watch {
    fn drop(&mut self) {
        self.files_active.add(-(self.tails.len() as f64));
        self.metrics
            .gauge("promtail_targets_active_total", "Targets read.", &[])
            .add(-(self.targets.len() as f64));
    }
}

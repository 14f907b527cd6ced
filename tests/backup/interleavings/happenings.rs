//! What happens, by chance.

use std::sync::atomic::Ordering::SeqCst;

use chartseal::backup::BackupError;
use chartseal::backup::source::TableId;
use chartseal::backup::state::HostState;

use super::gate::Pass;
use super::promises::HOUR;
use super::world::{Running, Work, World, one_more, slots};

/// So many hosts at most; all but the first are restored from snapshots.
const MOST_HOSTS: usize = 3;
/// So many that forget or prune at a time.
const MOST_KEEPERS: usize = 3;

impl World<'_> {
    /// One thing happens.
    pub(super) async fn step(&mut self) {
        self.settle().await;
        let host = self.chance.index(self.hosts.len());
        match self.chance.below(1_000) {
            0..860 if self.gate.waiting() > 0 => self.let_one_through(),
            0..900 if !self.is_at_work(host) => self.begin(Work::Backup(host)),
            900..930 => self.a_keeper_comes(),
            930..955 => self.somebody_writes(host),
            955..980 => self.time_passes(1, 12),
            980..986 => self.time_passes(24, 24 * 10),
            986..990 => self.one_is_cancelled(),
            990..994 => self.one_is_killed(),
            994..997 if self.hosts.len() < MOST_HOSTS => self.a_host_is_restored().await,
            997..1_000 if !self.is_at_work(host) => self.state_is_lost(host),
            _ => {}
        }
    }

    fn let_one_through(&mut self) {
        let at = self.chance.index(self.gate.waiting());
        let pass = match self.chance.below(100) {
            0..3 => Pass::Lost,
            3..6 => Pass::AnswerLost,
            _ => Pass::Through,
        };
        one_more(&self.events.calls);
        self.gate.let_through(at, pass);
    }

    fn a_keeper_comes(&mut self) {
        let keeps = |run: &&Running| !matches!(run.work, Work::Backup(_));
        if self.running.iter().filter(keeps).count() < MOST_KEEPERS {
            let forgets = self.chance.below(3) == 0;
            self.begin(if forgets { Work::Forget } else { Work::Prune });
        }
    }

    fn somebody_writes(&mut self, host: usize) {
        let seed = self.chance.below(u64::MAX);
        let entries = 1 + self.chance.below(3);
        let kind = self.chance.below(4);
        let at_work = self.is_at_work(host);
        let book = &self.hosts[host].book;
        book.write(seed, entries);
        // Few forms, so that what was sent once and let go comes back. While a run reads, nobody knows which of them it sees.
        if !at_work {
            book.0
                .lock()
                .unwrap()
                .tables
                .insert(TableId::SLOT, slots(kind));
        }
    }

    /// No single call that others count on takes days: it has a time limit.
    fn time_passes(&mut self, least: i64, most: i64) {
        let hours = least + self.chance.below((most - least) as u64) as i64;
        if hours < 24 || !self.gate.holds_a_decision() {
            self.now.fetch_add(hours * HOUR, SeqCst);
        }
    }

    fn one_is_cancelled(&mut self) {
        if !self.running.is_empty() {
            let at = self.chance.index(self.running.len());
            self.gate.forget(self.running[at].id);
            self.running[at].cancel.cancel();
        }
    }

    fn one_is_killed(&mut self) {
        if !self.running.is_empty() {
            let at = self.chance.index(self.running.len());
            let killed = self.running.swap_remove(at);
            killed.task.abort();
            self.gate.forget(killed.id);
            one_more(&self.events.killed);
        }
    }

    /// Somebody goes on from a snapshot that is listed, under a new identity, as after a loss.
    async fn a_host_is_restored(&mut self) {
        let mut listed = self.promises.listed();
        if listed.is_empty() {
            return;
        }
        let snapshot = listed.swap_remove(self.chance.index(listed.len()));
        let (mark, book) = match self.restore(&snapshot.id()).await {
            Ok(restored) => restored,
            // Nobody went on from it for a month, and its wrapped keys are gone.
            Err(BackupError::ObjectPruned { .. }) => return,
            Err(error) => panic!("{}: {error}", snapshot.manifest.name),
        };
        let host = self.settles_in(book);
        let state = HostState::lock(&host.folder, self.repository).unwrap();
        mark.save(&state).unwrap();
        one_more(&self.events.restored);
    }

    /// The host's folder is gone. What it sent and no manifest lists is then nobody's.
    fn state_is_lost(&mut self, host: usize) {
        let lost = &self.hosts[host];
        let has_a_snapshot = self
            .promises
            .listed()
            .iter()
            .any(|m| m.manifest.name.host == lost.id());
        if has_a_snapshot && lost.remembers() {
            std::fs::remove_dir_all(&lost.folder).unwrap();
            one_more(&self.events.lost_state);
        }
    }
}

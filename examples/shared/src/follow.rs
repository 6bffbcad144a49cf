//! Follows a hash in Redis, and connects again after Redis was away.

use std::{
    convert::Infallible,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use redis::{
    AsyncCommands, AsyncConnectionConfig, Client, PushInfo, PushKind, RedisResult,
    aio::MultiplexedConnection,
};
use tokio::{
    sync::Notify,
    task,
    time::{Instant, sleep, timeout},
};

use crate::published::{
    Field, LastGood, MAX_RULES_LEN, MAX_VERSION_LEN, Published, Rejected, escaped,
};

/// Redis counts as away if it doesn't respond for this time.
const RESPONSE_TIMEOUT: Duration = Duration::from_secs(5);
/// The pause after the first failed connection. It doubles each time.
const MIN_PAUSE: Duration = Duration::from_millis(100);
/// The longest pause.
const MAX_PAUSE: Duration = Duration::from_secs(5);
/// After a connection that worked for this time, the pause starts from the minimum again.
const STABLE_AFTER: Duration = Duration::from_secs(10);

/// Reads what is published, and activates it if it is good.
pub(crate) struct Follower {
    client: Client,
    key: String,
    every: Duration,
    last_good: LastGood,
    /// What was read last, even if it was rejected.
    seen: Option<Seen>,
    hasher: RandomState,
    /// The pause after the next failed connection.
    pause: Duration,
    /// Redis is away, and that was reported.
    is_away: bool,
    /// When this connection was first read from.
    read_since: Option<Instant>,
}

/// Hashes of what was read: the rules may have 64 MiB.
#[derive(Clone, Copy, PartialEq, Eq)]
struct Seen {
    version: u64,
    all: u64,
}

impl Follower {
    pub(crate) fn new(client: Client, key: String, every: Duration, last_good: LastGood) -> Self {
        Self {
            client,
            key,
            every,
            last_good,
            seen: None,
            hasher: RandomState::new(),
            pause: MIN_PAUSE,
            is_away: false,
            read_since: None,
        }
    }

    /// Follows as long as the process runs. Notifies `attempted` after each attempt to read the rules.
    pub(crate) async fn follow(mut self, attempted: Arc<Notify>) {
        loop {
            let Err(error) = self.follow_connection(&attempted).await;
            let since = self.read_since.take();
            if since.is_some_and(|since| since.elapsed() >= STABLE_AFTER) {
                self.pause = MIN_PAUSE;
            }
            if !self.is_away {
                self.is_away = true;
                let keeping = keeping(self.last_good.summary().active());
                let error = escaped(&error.to_string());
                eprintln!("Redis can't be read, trying again; {keeping}: {error}");
            }
            let pause = self.pause;
            self.pause = MAX_PAUSE.min(pause * 2);
            attempted.notify_one();
            sleep(jittered(pause)).await;
        }
    }

    /// Follows until the connection is lost.
    async fn follow_connection(&mut self, attempted: &Notify) -> RedisResult<Infallible> {
        let wake = Arc::new(Notify::new());
        let config = config(Arc::clone(&wake));
        let client = &self.client;
        let mut redis = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        // Subscribe before the first read, so that no change is missed in between.
        redis.subscribe(&self.key).await?;
        loop {
            self.read(&mut redis).await?;
            attempted.notify_one();
            // `wake` merges messages that arrive together, so they cause one read.
            while timeout(self.every, wake.notified()).await.is_err() {
                let version = self.hasher.hash_one(self.version(&mut redis).await?);
                if self.seen.is_none_or(|seen| seen.version != version) {
                    break;
                }
            }
        }
    }

    /// Reads version and rules. If they have changed, activates or rejects them and reports which.
    async fn read(&mut self, redis: &mut MultiplexedConnection) -> RedisResult<()> {
        let published = self.published(redis).await?;
        self.read_since.get_or_insert_with(Instant::now);
        if std::mem::take(&mut self.is_away) {
            eprintln!("Redis is back");
        }
        let seen = Seen {
            version: self.hasher.hash_one(&published.version),
            all: self.hasher.hash_one(&published),
        };
        if self.seen.replace(seen) == Some(seen) {
            return Ok(());
        }
        // Many rules take a while to compile. Other tasks keep running.
        let updated = task::block_in_place(|| self.last_good.update(&published));
        let summary = self.last_good.summary();
        let version = published.version.text();
        match updated {
            Ok(()) => {
                eprintln!("version {version:?}: {summary}");
            }
            Err(Rejected(reason)) => {
                let (keeping, reason) = (keeping(summary.active()), escaped(&reason));
                eprintln!("version {version:?} rejected, {keeping}: {reason}");
            }
        }
        Ok(())
    }

    /// Reads the fields that aren't too long.
    async fn published(&self, redis: &mut MultiplexedConnection) -> RedisResult<Published> {
        let lengths = (
            self.length("version", redis).await?,
            self.length("rules", redis).await?,
        );
        Ok(match lengths {
            (version, _) if version > MAX_VERSION_LEN => Published {
                version: Field::TooLong(version),
                rules: Field::Absent,
            },
            (_, rules) if rules > MAX_RULES_LEN => Published {
                version: self.version(redis).await?,
                rules: Field::TooLong(rules),
            },
            _ => {
                let (version, rules) = redis.hmget(&self.key, &["version", "rules"]).await?;
                Published {
                    version: Field::new(version, MAX_VERSION_LEN),
                    rules: Field::new(rules, MAX_RULES_LEN),
                }
            }
        })
    }

    /// Reads the version.
    async fn version(&self, redis: &mut MultiplexedConnection) -> RedisResult<Field> {
        let length = self.length("version", redis).await?;
        if length > MAX_VERSION_LEN {
            return Ok(Field::TooLong(length));
        }
        let version = redis.hget(&self.key, "version").await?;
        Ok(Field::new(version, MAX_VERSION_LEN))
    }

    async fn length(&self, name: &str, redis: &mut MultiplexedConnection) -> RedisResult<usize> {
        let mut command = redis::cmd("HSTRLEN");
        command.arg(&self.key).arg(name).query_async(redis).await
    }
}

fn keeping(count: usize) -> String {
    match count {
        0 => "no rules are active".to_owned(),
        1 => "keeping the previous rule".to_owned(),
        _ => format!("keeping the previous {count} rules"),
    }
}

/// A connection that notifies `wake` of each message, and of its own end.
fn config(wake: Arc<Notify>) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(RESPONSE_TIMEOUT))
        .set_response_timeout(Some(RESPONSE_TIMEOUT))
        .set_push_sender(move |push: PushInfo| {
            if matches!(push.kind, PushKind::Message | PushKind::Disconnection) {
                wake.notify_one();
            }
            Ok::<(), Infallible>(())
        })
}

/// Between half of the pause and all of it, so that many machines don't connect at the same time.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(()) % 1024;
    pause.mul_f64(0.5 + random as f64 / 2048.0)
}

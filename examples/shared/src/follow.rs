//! Follows a hash in Redis, through the loss and the return of the server.

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

use crate::published::{Field, LastGood, MOST_RULES, MOST_VERSION, Published, Refused, shown};

/// A server that says nothing for so long is taken for lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after the first loss; it doubles from loss to loss.
const SHORTEST: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(5);

/// A connection that was read for so long was a good one: after it, the pause is short again.
const LASTING: Duration = Duration::from_secs(10);

/// Reads what is published, and lets it serve if it is good.
pub(crate) struct Follower {
    client: Client,
    key: String,
    every: Duration,
    last_good: LastGood,
    /// What was read last, good or not.
    seen: Option<Seen>,
    hasher: RandomState,
    /// The pause after the next loss.
    pause: Duration,
    /// Whether it was said that Redis is away.
    is_away: bool,
    /// When this connection was read first.
    read_since: Option<Instant>,
}

/// What was read, as short as can be.
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
            pause: SHORTEST,
            is_away: false,
            read_since: None,
        }
    }

    /// Follows as long as the process runs, and tells of each attempt that came to an end, good or not.
    pub(crate) async fn follow(mut self, tried: Arc<Notify>) {
        loop {
            let Err(error) = self.follow_connection(&tried).await;
            let since = self.read_since.take();
            if since.is_some_and(|since| since.elapsed() >= LASTING) {
                self.pause = SHORTEST;
            }
            if !self.is_away {
                self.is_away = true;
                let count = self.last_good.count();
                let error = shown(&error.to_string());
                eprintln!(
                    "Redis cannot be read: {error}; {count} rules serve on, and it is asked again"
                );
            }
            let pause = self.pause;
            self.pause = LONGEST.min(pause * 2);
            tried.notify_one();
            sleep(jittered(pause)).await;
        }
    }

    /// Follows until the connection is lost.
    async fn follow_connection(&mut self, tried: &Notify) -> RedisResult<Infallible> {
        let wake = Arc::new(Notify::new());
        let config = config(Arc::clone(&wake));
        let client = &self.client;
        let mut redis = client
            .get_multiplexed_async_connection_with_config(&config)
            .await?;
        // Before the first reading, so that no change falls between the two.
        redis.subscribe(&self.key).await?;
        loop {
            self.read(&mut redis).await?;
            tried.notify_one();
            // Many messages at once are one reason to read.
            while timeout(self.every, wake.notified()).await.is_err() {
                let version = self.hasher.hash_one(self.version(&mut redis).await?);
                if self.seen.is_none_or(|seen| seen.version != version) {
                    break;
                }
            }
        }
    }

    /// Reads version and rules, and says what became of them if they are others than before.
    async fn read(&mut self, redis: &mut MultiplexedConnection) -> RedisResult<()> {
        let published = self.published(redis).await?;
        self.read_since.get_or_insert_with(Instant::now);
        if std::mem::take(&mut self.is_away) {
            eprintln!("Redis is read again");
        }
        let seen = Seen {
            version: self.hasher.hash_one(&published.version),
            all: self.hasher.hash_one(&published),
        };
        if self.seen.replace(seen) == Some(seen) {
            return Ok(());
        }
        // A large file takes a while to compile, and requests are served meanwhile.
        let taken = task::block_in_place(|| self.last_good.take(&published));
        let count = self.last_good.count();
        let version = published.version.text();
        match taken {
            Ok(()) => eprintln!("version {version:?}: {count} rules serve"),
            Err(Refused(why)) => {
                eprintln!(
                    "version {version:?} is refused, {count} rules serve on: {}",
                    shown(&why)
                );
            }
        }
        Ok(())
    }

    /// What is there; what is too long is not read.
    async fn published(&self, redis: &mut MultiplexedConnection) -> RedisResult<Published> {
        let lengths = (
            self.length("version", redis).await?,
            self.length("rules", redis).await?,
        );
        Ok(match lengths {
            (version, _) if version > MOST_VERSION => Published {
                version: Field::TooLong(version),
                rules: Field::Absent,
            },
            (_, rules) if rules > MOST_RULES => Published {
                version: self.version(redis).await?,
                rules: Field::TooLong(rules),
            },
            _ => {
                let (version, rules) = redis.hmget(&self.key, &["version", "rules"]).await?;
                Published {
                    version: Field::new(version, MOST_VERSION),
                    rules: Field::new(rules, MOST_RULES),
                }
            }
        })
    }

    /// The name of the version that is there.
    async fn version(&self, redis: &mut MultiplexedConnection) -> RedisResult<Field> {
        let length = self.length("version", redis).await?;
        if length > MOST_VERSION {
            return Ok(Field::TooLong(length));
        }
        let version = redis.hget(&self.key, "version").await?;
        Ok(Field::new(version, MOST_VERSION))
    }

    async fn length(&self, name: &str, redis: &mut MultiplexedConnection) -> RedisResult<usize> {
        let mut command = redis::cmd("HSTRLEN");
        command.arg(&self.key).arg(name).query_async(redis).await
    }
}

/// A connection that wakes by a message, and by its end.
fn config(wake: Arc<Notify>) -> AsyncConnectionConfig {
    AsyncConnectionConfig::new()
        .set_connection_timeout(Some(PATIENCE))
        .set_response_timeout(Some(PATIENCE))
        .set_push_sender(move |push: PushInfo| {
            if matches!(push.kind, PushKind::Message | PushKind::Disconnection) {
                wake.notify_one();
            }
            Ok::<(), Infallible>(())
        })
}

/// Between half of a pause and the whole, so that many machines do not come back at once.
fn jittered(pause: Duration) -> Duration {
    let random = RandomState::new().hash_one(()) % 1024;
    pause.mul_f64(0.5 + random as f64 / 2048.0)
}

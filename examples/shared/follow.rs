//! Follows a hash in Redis, through the loss and the return of the server.

use std::{
    convert::Infallible,
    hash::{BuildHasher, RandomState},
    sync::Arc,
    time::Duration,
};

use redis::{
    AsyncConnectionConfig, AsyncTypedCommands, Client, PushInfo, PushKind, RedisResult,
    aio::MultiplexedConnection,
};
use tokio::{
    sync::Notify,
    task,
    time::{sleep, timeout},
};

use crate::published::{LastGood, Published, Refused};

/// A server that says nothing for so long is taken for lost.
const PATIENCE: Duration = Duration::from_secs(5);
/// The pause after the first loss; it doubles from attempt to attempt.
const SHORTEST: Duration = Duration::from_millis(100);
/// The longest pause.
const LONGEST: Duration = Duration::from_secs(5);

/// Reads what is published, and lets it serve if it is good.
pub(crate) struct Follower {
    client: Client,
    key: String,
    every: Duration,
    last_good: LastGood,
    /// What was read last, good or not.
    seen: Option<Published>,
    /// The next pause, while Redis is away.
    pause: Option<Duration>,
}

impl Follower {
    pub(crate) fn new(client: Client, key: String, every: Duration, last_good: LastGood) -> Self {
        Self {
            client,
            key,
            every,
            last_good,
            seen: None,
            pause: None,
        }
    }

    /// Follows as long as the process runs, and tells of each attempt that came to an end, good or not.
    pub(crate) async fn follow(mut self, tried: Arc<Notify>) {
        loop {
            let Err(error) = self.follow_connection(&tried).await;
            let pause = self.pause.unwrap_or_else(|| {
                let count = self.last_good.count();
                eprintln!(
                    "Redis cannot be read: {error}; {count} rules serve on, and it is asked again"
                );
                SHORTEST
            });
            self.pause = Some(LONGEST.min(pause * 2));
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
                if redis.hget(&self.key, "version").await?.as_ref() != self.seen_version() {
                    break;
                }
            }
        }
    }

    /// Reads version and rules, and says what became of them if they are others than before.
    async fn read(&mut self, redis: &mut MultiplexedConnection) -> RedisResult<()> {
        let (version, rules) = redis::cmd("HMGET")
            .arg(&self.key)
            .arg(&["version", "rules"])
            .query_async(redis)
            .await?;
        if self.pause.take().is_some() {
            eprintln!("Redis is read again");
        }
        let published = Published { version, rules };
        if self.seen.as_ref() == Some(&published) {
            return Ok(());
        }
        // A large file takes a while to compile, and requests are served meanwhile.
        let taken = task::block_in_place(|| self.last_good.take(&published));
        let count = self.last_good.count();
        let version = published.version.as_deref().unwrap_or_default();
        match taken {
            Ok(()) => eprintln!("version {version:?}: {count} rules serve"),
            Err(Refused(why)) => {
                eprintln!("version {version:?} is refused, {count} rules serve on: {why}");
            }
        }
        self.seen = Some(published);
        Ok(())
    }

    fn seen_version(&self) -> Option<&String> {
        self.seen.as_ref()?.version.as_ref()
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

use super::fail;
use crate::journey::{End, Journey};

impl Journey {
    /// The browser arrives, and at exactly this address.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing};
    /// let policy = LocalPath::from_static("/y").with(Status::Found);
    /// testing::follow(&policy, testing::get("/x")).assert_arrives_at("/y");
    /// ```
    ///
    /// # Panics
    ///
    /// When it does not.
    #[track_caller]
    pub fn assert_arrives_at(self, url: &str) -> Self {
        if *self.end() != End::Arrived || self.url() != url {
            fail(format_args!("expected to arrive at {url}\n{self}"));
        }
        self
    }

    /// The last request has this method.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing};
    /// let policy = LocalPath::from_static("/y").with(Status::SeeOther);
    /// testing::follow(&policy, testing::put("/x")).assert_method("GET");
    /// ```
    ///
    /// # Panics
    ///
    /// When it has not.
    #[track_caller]
    pub fn assert_method(self, method: &str) -> Self {
        if *self.method() != *method {
            fail(format_args!("expected to end with {method}\n{self}"));
        }
        self
    }

    /// There are exactly this many redirects.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing};
    /// let policy = LocalPath::from_static("/y").with(Status::Found);
    /// testing::follow(&policy, testing::get("/x")).assert_hops(1);
    /// ```
    ///
    /// # Panics
    ///
    /// When there are not.
    #[track_caller]
    pub fn assert_hops(self, hops: usize) -> Self {
        if self.hops().len() != hops {
            fail(format_args!("expected {hops} redirects\n{self}"));
        }
        self
    }
}

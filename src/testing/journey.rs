use super::fail;
use crate::journey::{End, Journey};

impl Journey {
    /// Asserts that the browser arrives at exactly this URL.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing};
    /// let policy = LocalPath::from_static("/y").with(Status::Found);
    /// testing::follow(&policy, testing::get("/x")).assert_arrives_at("/y");
    /// ```
    ///
    /// # Panics
    ///
    /// If the journey ends in another way or at another URL.
    #[track_caller]
    pub fn assert_arrives_at(self, url: &str) -> Self {
        if *self.end() != End::Arrived || self.url() != url {
            fail(format_args!("expected to arrive at {url}\n{self}"));
        }
        self
    }

    /// Asserts the method of the last request.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing};
    /// let policy = LocalPath::from_static("/y").with(Status::SeeOther);
    /// testing::follow(&policy, testing::put("/x")).assert_method("GET");
    /// ```
    ///
    /// # Panics
    ///
    /// If the last request has another method.
    #[track_caller]
    pub fn assert_method(self, method: &str) -> Self {
        if *self.method() != *method {
            fail(format_args!("expected to end with {method}\n{self}"));
        }
        self
    }

    /// Asserts the number of redirects.
    ///
    /// ```
    /// # use tower_redirect::{LocalPath, Policy, Status, testing};
    /// let policy = LocalPath::from_static("/y").with(Status::Found);
    /// testing::follow(&policy, testing::get("/x")).assert_hops(1);
    /// ```
    ///
    /// # Panics
    ///
    /// If there are more or fewer redirects.
    #[track_caller]
    pub fn assert_hops(self, hops: usize) -> Self {
        if self.hops().len() != hops {
            fail(format_args!("expected {hops} redirects\n{self}"));
        }
        self
    }
}

//! A closure is no policy by itself: the message says what makes it one.

use tower_redirect::{LocalPath, RedirectLayer, RequestHead};

fn main() {
    RedirectLayer::temporary(|_: &RequestHead<'_>| Some(LocalPath::from_static("/x")));
}

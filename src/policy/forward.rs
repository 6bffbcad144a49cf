//! Pointers and collections of policies as policies. A pointer applies the policy that it points
//! to. In a collection, the first decision that isn't `Pass` wins.

use std::sync::Arc;

use super::{Decision, Policy};
use crate::request::RequestHead;

macro_rules! pointer {
    ($($pointer:ty),+) => {$(
        impl<P: Policy + ?Sized> Policy for $pointer {
            type Target = P::Target;

            #[inline]
            fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
                (**self).decide(request)
            }
        }
    )+};
}

pointer!(&P, Box<P>, Arc<P>);

impl<P: Policy> Policy for Option<P> {
    type Target = P::Target;

    #[inline]
    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        match self {
            Some(policy) => policy.decide(request),
            None => Decision::pass(),
        }
    }
}

impl<P: Policy> Policy for [P] {
    type Target = P::Target;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        self.iter()
            .find_map(|policy| policy.decide(request).unless_pass())
            .unwrap_or(Decision::pass())
    }
}

impl<P: Policy, const N: usize> Policy for [P; N] {
    type Target = P::Target;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        self.as_slice().decide(request)
    }
}

impl<P: Policy> Policy for Vec<P> {
    type Target = P::Target;

    fn decide(&self, request: &RequestHead<'_>) -> Decision<P::Target> {
        self.as_slice().decide(request)
    }
}

macro_rules! tuple {
    ($first:ident $($rest:ident)*) => {
        impl<$first, $($rest),*> Policy for ($first, $($rest,)*)
        where
            $first: Policy,
            $($rest: Policy<Target = $first::Target>,)*
        {
            type Target = $first::Target;

            #[inline]
            #[allow(non_snake_case, reason = "the type parameters name the fields")]
            fn decide(&self, request: &RequestHead<'_>) -> Decision<$first::Target> {
                let ($first, $($rest,)*) = self;
                let decision = $first.decide(request);
                $(
                    let decision = decision.or_else(|| $rest.decide(request));
                )*
                decision
            }
        }
    };
}

tuple!(A);
tuple!(A B);
tuple!(A B C);
tuple!(A B C D);
tuple!(A B C D E);
tuple!(A B C D E F);
tuple!(A B C D E F G);
tuple!(A B C D E F G H);

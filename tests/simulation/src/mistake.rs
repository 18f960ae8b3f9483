//! Classic mistakes, to show that the simulation can fail. None of them is in the product: each wraps a part of it, so
//! there is no switch that could be left on.

use std::sync::Arc;

use domain::id::KeyId;
use operator::Instance;
use operator_core::StoreError;
use sync::Outbox;
use wire::push::{PushRequest, PushResponse};

use crate::device::Device;
use crate::disk::Disk;

/// What somebody did wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Mistake {
    /// The operator's database runs without syncing.
    OperatorWithoutSync,
    /// The device's database runs without syncing.
    DeviceWithoutSync,
    /// A tap that is repeated registers a second visit.
    TapIsNotRemembered,
}

impl Mistake {
    /// Whether it is in how the operator takes a push.
    pub fn is_of_the_push(self) -> bool {
        false
    }
}

pub(crate) fn outbox(_mistake: Option<Mistake>, device: &Device) -> Arc<dyn Outbox> {
    device.store().clone()
}

pub(crate) fn push(
    _mistake: Mistake,
    _instance: &Arc<Instance>,
    _key: KeyId,
    _request: &PushRequest,
    _disk: &Disk,
) -> Result<PushResponse, StoreError> {
    Err(StoreError::Busy)
}

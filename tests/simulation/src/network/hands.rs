//! Statements of others, parcels, and what a restored operator asks for.

use parking_lot::Mutex;
use sync::TransportError;
use wire::carry::{CarryOutcome, CarryRequest, CarryResponse};
use wire::collect::{CollectRequest, CollectResponse};
use wire::courier::{CourierOutcome, CourierRequest, CourierResponse};

use super::fate::{Fate, Way};
use super::{Line, Network, Request, what_the_device_writes};
use crate::chance::Chance;
use crate::server::Server;

/// Hands over and tells when the operator ended over it.
pub(super) async fn carry(
    network: &Mutex<Network>,
    server: &mut Server,
    request: CarryRequest,
) -> Result<CarryResponse, TransportError> {
    let before = server.restarts_count;
    let answered = server.carry(request).await;
    survived(network, server, before);
    answered
}

/// Delivers a parcel and tells when the operator ended over it.
pub(super) async fn deliver(
    network: &Mutex<Network>,
    server: &mut Server,
    parcel: Vec<u8>,
) -> Result<CourierResponse, TransportError> {
    let before = server.restarts_count;
    let answered = server.deliver(parcel).await;
    survived(network, server, before);
    answered
}

fn survived(network: &Mutex<Network>, server: &mut Server, restarts_before: u64) {
    server.disk.spare();
    if server.restarts_count > restarts_before {
        network.lock().told.push("the operator ended".into());
    }
}

fn flip(bytes: &mut [u8], chance: &mut Chance) {
    let at = chance.below(bytes.len() as u64) as usize;
    if let Some(byte) = bytes.get_mut(at) {
        *byte ^= 1 << chance.below(8);
    }
}

impl Line {
    pub(super) async fn hand_over(&self, request: &CarryRequest) -> Result<CarryResponse, TransportError> {
        what_the_device_writes().await;
        self.alive()?;
        let mut server = self.server.lock().await;
        let mut request = request.clone();
        let fate = self.fate(&mut server, Way::Carry);
        match fate {
            Fate::RequestLost => return Err(TransportError::Offline),
            Fate::Late => {
                self.network.lock().strays.push(self.late(Request::Carry(request)));
                return Err(TransportError::Offline);
            }
            // Nobody proves anything to a carrier, so nothing that the carrier is told may count for the author.
            Fate::Lie => {
                return Ok(CarryResponse { outcomes: vec![CarryOutcome::Taken; request.items.len()] });
            }
            Fate::Damaged => {
                let mut network = self.network.lock();
                let item = network.chance.below(request.items.len() as u64) as usize;
                if let Some(item) = request.items.get_mut(item) {
                    flip(&mut item.statement, &mut network.chance);
                }
            }
            Fate::Doubled => {
                drop(carry(&self.network, &mut server, request.clone()).await);
                self.network.lock().strays.push(self.late(Request::Carry(request.clone())));
            }
            Fate::Arrives | Fate::ReplyLost | Fate::Mangled => {}
        }
        let answered = carry(&self.network, &mut server, request).await;
        if fate == Fate::ReplyLost { Err(TransportError::Offline) } else { answered }
    }

    pub(super) async fn bring(&self, request: &CourierRequest) -> Result<CourierResponse, TransportError> {
        what_the_device_writes().await;
        self.alive()?;
        let mut server = self.server.lock().await;
        let mut parcel = request.parcel.clone();
        let fate = self.fate(&mut server, Way::Parcel);
        match fate {
            Fate::RequestLost => return Err(TransportError::Offline),
            Fate::Late => {
                self.network.lock().strays.push(self.late(Request::Parcel(parcel)));
                return Err(TransportError::Offline);
            }
            Fate::Lie => return Ok(CourierResponse { outcome: CourierOutcome::Taken }),
            Fate::Damaged => flip(&mut parcel, &mut self.network.lock().chance),
            Fate::Doubled => {
                let _ = deliver(&self.network, &mut server, parcel.clone()).await;
                self.network.lock().strays.push(self.late(Request::Parcel(parcel.clone())));
            }
            Fate::Arrives | Fate::ReplyLost | Fate::Mangled => {}
        }
        let answered = deliver(&self.network, &mut server, parcel).await;
        let outcome = answered.as_ref().map(|response| response.outcome);
        self.network.lock().told.push(format!("parcel {outcome:?}"));
        if fate == Fate::ReplyLost { Err(TransportError::Offline) } else { answered }
    }

    pub(super) async fn hand_back(
        &self,
        request: &CollectRequest,
    ) -> Result<CollectResponse, TransportError> {
        what_the_device_writes().await;
        self.alive()?;
        let mut server = self.server.lock().await;
        let fate = self.fate(&mut server, Way::Collect);
        if fate == Fate::RequestLost {
            return Err(TransportError::Offline);
        }
        if let Some((steps, cut)) = self.network.lock().operator_ends() {
            server.disk.die_after(steps);
            server.cut = cut;
        }
        let before = server.restarts_count;
        if fate == Fate::Doubled {
            drop(server.collect(self.key, request).await);
        }
        let answered = server.collect(self.key, request).await;
        survived(&self.network, &mut server, before);
        if fate == Fate::ReplyLost { Err(TransportError::Offline) } else { answered }
    }
}

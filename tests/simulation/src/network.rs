//! The network between one device and the operator: it loses, doubles, delays and damages.
//!
//! [`fate`] decides what happens; [`hands`] is the same for what goes through other hands.

mod fate;
mod hands;

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use domain::id::KeyId;
use parking_lot::Mutex;
use sync::{Transport, TransportError};
use wire::carry::{CarryRequest, CarryResponse};
use wire::collect::{CollectRequest, CollectResponse};
use wire::courier::{CourierRequest, CourierResponse};
use wire::pull::{PullRequest, PullResponse};
use wire::push::{Outcome, PushRequest, PushResponse, Registration};

use crate::chance::Chance;
use crate::disk::{Cut, Disk};
use crate::plan::Plan;
use crate::server::Server;
pub use fate::is_mangled;
use fate::{Fate, Way, mangle};

/// The operator as all devices reach it.
pub type Shared = Arc<tokio::sync::Mutex<Server>>;

/// A request that is still somewhere on its way.
pub struct Stray {
    key: KeyId,
    request: Request,
}

/// What may come late.
#[derive(Clone)]
enum Request {
    Push(PushRequest),
    Carry(CarryRequest),
    Parcel(Vec<u8>),
}

/// What the network does, and what it did.
pub struct Network {
    chance: Chance,
    /// Whether it does any harm.
    is_bad: bool,
    /// Whether the operator lies.
    may_lie: bool,
    /// Whether it lies to devices that bring statements of others.
    may_lie_to_carriers: bool,
    /// The answer to the next push is lost.
    loses_answer: bool,
    /// Devices' keys that were lied to.
    pub lied_to: BTreeSet<KeyId>,
    /// Requests that will arrive again.
    pub strays: Vec<Stray>,
    /// A page came in this sync that no device can take.
    pub has_mangled: bool,
    /// From where on it was asked for, if it came among others that were to be stored at once.
    pub misfit: Option<u64>,
    /// What happened, for the trace.
    pub told: Vec<String>,
    /// What an answer said that does not hold.
    pub wrong: Vec<String>,
    page_items: u32,
    is_prompt: bool,
}

impl Network {
    /// A network that does harm by chance.
    pub fn new(chance: Chance, plan: &Plan) -> Self {
        Self {
            chance,
            is_bad: true,
            may_lie: plan.lied_to,
            may_lie_to_carriers: plan.lied_to_carriers,
            loses_answer: false,
            lied_to: BTreeSet::new(),
            strays: Vec::new(),
            has_mangled: false,
            misfit: None,
            told: Vec::new(),
            wrong: Vec::new(),
            page_items: plan.page_items,
            is_prompt: plan.is_prompt,
        }
    }

    /// Whether the answer to a pull is there before the page before it is judged.
    pub fn is_prompt(&self) -> bool {
        self.is_prompt
    }

    /// Whether it does harm from now on.
    pub fn set_bad(&mut self, is_bad: bool) {
        self.is_bad = is_bad;
    }

    /// The answer to the next push does not arrive, also where nothing else goes wrong.
    pub fn lose_answers(&mut self, loses_answer: bool) {
        self.loses_answer = loses_answer;
    }

    /// From now on everything arrives, once.
    pub fn heal(&mut self) {
        self.set_bad(false);
        self.strays.clear();
    }

    /// Takes out a request that was late.
    pub fn stray(&mut self) -> Option<Stray> {
        if self.strays.is_empty() {
            return None;
        }
        let index = self.chance.below(self.strays.len() as u64) as usize;
        Some(self.strays.swap_remove(index))
    }
}

/// How a process ends: killed, or with the power of its machine.
pub fn end(chance: &mut Chance) -> Option<Cut> {
    match chance.below(3) {
        0 => None,
        1 => Some(Cut::Everything),
        _ => Some(Cut::Some),
    }
}

/// One device's connection.
pub struct Line {
    /// The network.
    pub network: Arc<Mutex<Network>>,
    /// The operator.
    pub server: Shared,
    /// By which key requests are signed.
    pub key: KeyId,
    /// The device's own disk: a dead process sends nothing.
    pub disk: Arc<Disk>,
}

impl Line {
    fn late(&self, request: Request) -> Stray {
        Stray { key: self.key, request }
    }

    fn alive(&self) -> Result<(), TransportError> {
        if self.disk.is_dead() { Err(TransportError::Offline) } else { Ok(()) }
    }

    fn fate(&self, server: &mut Server, way: Way) -> Fate {
        let mut network = self.network.lock();
        let fate = network.fate(way);
        if fate != Fate::Arrives {
            network.told.push(format!("{} {fate:?}", way.word()));
        }
        let arrives = !matches!(fate, Fate::RequestLost | Fate::Late | Fate::Lie);
        if way.brings()
            && arrives
            && let Some((steps, cut)) = network.operator_ends()
        {
            server.disk.die_after(steps);
            server.cut = cut;
        }
        fate
    }
}

/// Delivers a push and tells when the operator ended over it.
pub async fn deliver(
    network: &Mutex<Network>,
    server: &mut Server,
    key: KeyId,
    request: PushRequest,
) -> Result<PushResponse, TransportError> {
    let (before, lost) = (server.restarts_count, server.lost_contents());
    let items = request.items.clone();
    let answered = server.push(key, request).await;
    server.disk.spare();
    if !lost.is_empty() {
        let still_lost = server.lost_contents();
        if still_lost.len() < lost.len() {
            network.lock().told.push("content comes back".into());
        }
        let outcomes = answered.iter().flat_map(|answer| &answer.outcomes);
        for (outcome, item) in outcomes.zip(&items) {
            let leaf = leaf_of(outcome).filter(|leaf| still_lost.contains(leaf));
            if let Some(leaf) = leaf {
                let wrong = format!("I1: {} was pushed, and leaf {leaf} still lacks what it says", item.id);
                network.lock().wrong.push(wrong);
            }
        }
    }
    if server.restarts_count > before {
        network.lock().told.push("the operator ended".into());
    }
    answered
}

fn leaf_of(outcome: &Outcome) -> Option<u64> {
    match outcome {
        Outcome::Registered { leaf_index, .. }
        | Outcome::AlreadyHave { leaf_index, .. }
        | Outcome::Fork { leaf_index, .. } => Some(*leaf_index),
        Outcome::Gap { .. } | Outcome::Refused { .. } => None,
    }
}

impl Stray {
    /// Arrives at last; nobody waits for the answer.
    pub async fn arrive(self, network: &Mutex<Network>, server: &Shared) {
        let mut server = server.lock().await;
        match self.request {
            Request::Push(request) => drop(deliver(network, &mut server, self.key, request).await),
            Request::Carry(request) => drop(hands::carry(network, &mut server, request).await),
            Request::Parcel(parcel) => {
                let _ = hands::deliver(network, &mut server, parcel).await;
            }
        }
    }
}

/// An answer under a head that is signed and that proves nothing of the kind.
fn lie(server: &Server, request: &PushRequest) -> PushResponse {
    let read = server.instance().read().expect("the operator can be read");
    let head = read.latest_head().expect("it can be read").expect("the log begins");
    let first_leaf = head.tree_size - 1;
    let outcomes = (first_leaf..).zip(&request.items);
    let registration = Registration {
        first_leaf,
        count: request.items.len() as u64,
        head: head.bytes,
        tree_size: head.tree_size,
        proof: Vec::new(),
        consistency: Vec::new(),
    };
    PushResponse {
        outcomes: outcomes
            .map(|(leaf_index, _)| Outcome::Registered { leaf_index, flags: Vec::new() })
            .collect(),
        registrations: vec![registration],
        next_seq: request.items.last().map_or(0, |item| item.seq + 1),
    }
}

/// Changes one byte of one statement.
fn damage(request: &mut PushRequest, chance: &mut Chance) {
    let item = chance.below(request.items.len() as u64) as usize;
    let Some(item) = request.items.get_mut(item) else { return };
    let byte = chance.below(item.statement.len() as u64) as usize;
    if let Some(byte) = item.statement.get_mut(byte) {
        *byte ^= 1 << chance.below(8);
    }
}

/// Waits for what the device began to write before it sends. The product does both at once; here one blocking thread
/// takes turns, so that a seed is always the same run. Whoever waits for that thread sees its work done before an answer.
async fn what_the_device_writes() {
    drop(tokio::task::spawn_blocking(|| ()).await);
    tokio::task::yield_now().await;
}

#[async_trait]
impl Transport for Line {
    async fn push(&self, request: &PushRequest) -> Result<PushResponse, TransportError> {
        what_the_device_writes().await;
        self.alive()?;
        let mut server = self.server.lock().await;
        let mut request = request.clone();
        let fate = self.fate(&mut server, Way::Push);
        match fate {
            Fate::RequestLost => return Err(TransportError::Offline),
            Fate::Late => {
                self.network.lock().strays.push(self.late(Request::Push(request)));
                return Err(TransportError::Offline);
            }
            Fate::Lie => {
                self.network.lock().lied_to.insert(self.key);
                return Ok(lie(&server, &request));
            }
            Fate::Damaged => damage(&mut request, &mut self.network.lock().chance),
            Fate::Doubled => {
                drop(deliver(&self.network, &mut server, self.key, request.clone()).await);
                self.network.lock().strays.push(self.late(Request::Push(request.clone())));
            }
            Fate::Arrives | Fate::ReplyLost | Fate::Mangled => {}
        }
        let answered = deliver(&self.network, &mut server, self.key, request).await;
        if fate == Fate::ReplyLost { Err(TransportError::Offline) } else { answered }
    }

    async fn carry(&self, request: &CarryRequest) -> Result<CarryResponse, TransportError> {
        self.hand_over(request).await
    }

    async fn deliver(&self, request: &CourierRequest) -> Result<CourierResponse, TransportError> {
        self.bring(request).await
    }

    async fn collect(&self, request: &CollectRequest) -> Result<CollectResponse, TransportError> {
        self.hand_back(request).await
    }

    async fn pull(&self, request: &PullRequest) -> Result<PullResponse, TransportError> {
        if !self.network.lock().is_prompt() {
            what_the_device_writes().await;
        }
        self.alive()?;
        let mut server = self.server.lock().await;
        let limit = request.limit.min(self.network.lock().page_items);
        let fate = self.fate(&mut server, Way::Pull);
        if matches!(fate, Fate::RequestLost | Fate::ReplyLost) {
            return Err(TransportError::Offline);
        }
        let mut answer = server.pull(self.key, &PullRequest { limit, ..request.clone() })?;
        if fate == Fate::Mangled {
            self.network.lock().has_mangled |= mangle(&mut answer);
        }
        Ok(answer)
    }
}

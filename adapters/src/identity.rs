//! Who asks: what vendors are told of the session.

/// What vendors are told of the session, in headers where the protocol has them. All default empty.
#[derive(Clone, PartialEq, Eq, Debug, Default)]
pub struct SessionIdentity {
    /// The session.
    pub task_id: String,
    /// The application.
    pub sdk_app_id: String,
    /// The user in the conversation, not the agent.
    pub user_id: String,
    /// The room.
    pub room_id: String,
    /// How [`Self::room_id`] is to be read.
    pub room_id_type: RoomIdType,
}

/// How a room id is to be read.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug, Default)]
pub enum RoomIdType {
    /// As a number: `0` on the wire.
    Number,
    /// As a text: `1` on the wire. The default.
    #[default]
    Text,
}

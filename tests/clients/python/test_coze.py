"""The `cozepy` package against Coze's chat."""

import cozepy

from mocks import REPLY, Vendor, VendorCase


class Coze(VendorCase):
    def setUp(self):
        self.vendor = Vendor("coze")

    def stream(self, key="pat_right"):
        coze = cozepy.Coze(auth=cozepy.TokenAuth(key), base_url=self.vendor.http)
        question = [cozepy.Message.build_user_question_text("你好")]
        return coze.chat.stream(bot_id="7300000000000000001", user_id="u-1", additional_messages=question)

    def said(self, stream):
        delta = cozepy.ChatEventType.CONVERSATION_MESSAGE_DELTA
        return "".join(event.message.content for event in stream if event.event == delta)

    def test_a_stream_says_the_same_to_the_byte(self):
        self.vendor.play(reply=REPLY, first_token="20ms", per_token="1ms")
        events = list(self.stream())
        self.assertEqual(self.said(events), REPLY)
        whole = [
            event.message.content
            for event in events
            if event.event == cozepy.ChatEventType.CONVERSATION_MESSAGE_COMPLETED
            and event.message.type == cozepy.MessageType.ANSWER
        ]
        self.assertEqual(whole, [REPLY])
        done = [event.chat for event in events if event.event == cozepy.ChatEventType.CONVERSATION_CHAT_COMPLETED]
        self.assertEqual(done[0].usage.token_count, done[0].usage.input_count + done[0].usage.output_count)
        self.assertEqual(self.vendor.asked()[-1]["body"]["additional_messages"][0]["content"], "你好")

    def test_a_call_of_a_tool_arrives_whole(self):
        self.vendor.play(reply="", tool_calls=[{"name": "weather", "arguments": {"city": "北京"}}])
        action = cozepy.ChatEventType.CONVERSATION_CHAT_REQUIRES_ACTION
        [chat] = [event.chat for event in self.stream() if event.event == action]
        [call] = chat.required_action.submit_tool_outputs.tool_calls
        self.assertEqual((call.function.name, call.function.arguments), ("weather", '{"city":"北京"}'))

    def test_a_cancelled_answer_is_free_at_once(self):
        self.vendor.play(reply="one two three four five", first_token="10ms", per_token="400ms", concurrent=1)
        stream = self.stream()
        chat = next(event.chat for event in stream if event.chat)
        coze = cozepy.Coze(auth=cozepy.TokenAuth("pat_right"), base_url=self.vendor.http)
        cancelled = coze.chat.cancel(conversation_id=chat.conversation_id, chat_id=chat.id)
        self.assertEqual(cancelled.status, cozepy.ChatStatus.CANCELED)
        with self.assertRaises(cozepy.CozeAPIError):
            list(self.stream())
        stream.close() if hasattr(stream, "close") else stream._raw_response.close()

        def is_let_in():
            try:
                next(iter(self.stream()))
                return True
            except cozepy.CozeAPIError:
                return False

        self.eventually(is_let_in, "the place of the cancelled answer")

    def test_a_wrong_token_is_told(self):
        self.vendor.play(key="pat_right")
        with self.assertRaises(cozepy.CozeAPIError) as refused:
            list(self.stream(key="pat_wrong"))
        self.assertEqual(refused.exception.code, 4100)
        self.vendor.play(key="pat_right", reply="In.")
        self.assertEqual(self.said(self.stream()), "In.")

    def test_a_rate_limit_is_told(self):
        self.vendor.play(status=429, body="vendor")
        with self.assertRaises(cozepy.CozeAPIError) as refused:
            list(self.stream())
        self.assertEqual(refused.exception.code, 4013)

    def test_an_error_within_a_stream_is_raised(self):
        self.vendor.play(reply="one two three four", quirk="Q38", first_token="10ms", per_token="1ms")
        with self.assertRaises(Exception) as raised:
            list(self.stream())
        self.assertIn("5000", str(raised.exception))

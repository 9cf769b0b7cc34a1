// The mock vendors as a suite meets them: where they are, what they do, what they were asked.
const addresses = JSON.parse(process.env.BARGEIN_MOCKS);

// Every character class that a careless client breaks.
export const REPLY = '我在这里。 Hello, wörld! 👩‍🚀 "quoted" \\ and\na second line.';

export class Vendor {
  constructor(name) {
    const address = addresses[name];
    this.name = name;
    this.http = address.http ?? address;
    this.ws = address.ws;
  }

  // What the role does from its next request on, which is its `request 1`.
  async play(script, role = 'llm') {
    const answer = await fetch(`${this.http}/__mock/behaviour`, {
      method: 'PUT',
      body: JSON.stringify({ [role]: script }),
    });
    if (answer.status !== 204) throw new Error(await answer.text());
  }

  // All requests so far, oldest first.
  async asked() {
    return (await (await fetch(`${this.http}/__mock/journal`)).json()).requests;
  }
}

// What another process will see in a moment: asked for two seconds.
export async function eventually(holds, what) {
  for (let attempt = 0; attempt < 200; attempt += 1) {
    if (await holds()) return;
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
  throw new Error(`expected within 2 s: ${what}`);
}

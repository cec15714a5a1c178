/** Writes what a model answers as a script, so that the same run can be tried again offline. */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Model } from '../../ports/model.js';
import { readScript, type Script } from './script.js';

export class Recorder {
  private readonly script: Script;

  /** What the file holds already is kept. @throws Error where it cannot be read or is no script */
  constructor(private readonly file: string) {
    this.script = isThere(file) ? readScript(file) : { conversations: [] };
    this.write();
  }

  record(model: Model): Model {
    return {
      name: model.name,
      answer: async (request) => {
        const answer = await model.answer(request);
        const { text, calls, usage } = answer;
        const first = request.messages[0];
        this.keep(
          first?.role === 'user' ? first.text : '',
          request.messages.filter(({ role }) => role === 'assistant').length,
          {
            ...(text === '' ? {} : { text }),
            ...(calls.length === 0 ? {} : { calls: calls.map(({ tool, args }) => ({ tool, args })) }),
            inputTokens: usage.inputTokens,
            outputTokens: usage.outputTokens,
          },
        );
        return answer;
      },
    };
  }

  private keep(when: string, turn: number, answer: Script['conversations'][number]['answers'][number]): void {
    let conversation = this.script.conversations.find((c) => c.when === when);
    if (conversation === undefined) {
      conversation = { when, answers: [] };
      this.script.conversations.push(conversation);
    }
    // A turn that is answered again replaces its first answer, and all that followed from that.
    conversation.answers.splice(turn, Infinity, answer);
    this.write();
  }

  /** Whole or not at all. */
  private write(): void {
    const temporary = `${this.file}.${process.pid}.tmp`;
    writeFileSync(temporary, `${JSON.stringify(this.script, null, 2)}\n`);
    renameSync(temporary, this.file);
  }
}

function isThere(file: string): boolean {
  try {
    readFileSync(file);
    return true;
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return false;
    throw error;
  }
}

/** Language models: one answer to a conversation, told piece by piece while it comes. */
import type { ModelUsage } from '../../contracts/models.js';
import type { JsonValue } from '../../contracts/plan.js';

export interface ToolCall {
  id: string;
  tool: string;
  /** As the model wrote them, checked by nobody yet. */
  args: JsonValue;
}

export type ModelMessage =
  | { role: 'user'; text: string }
  | { role: 'assistant'; text: string; calls: readonly ToolCall[] }
  | { role: 'tool'; callId: string; tool: string; result: string };

export interface ModelRequest {
  instructions: string;
  messages: readonly ModelMessage[];
  /** What the model may ask to have called; their arguments as JSON schemas. */
  tools?: readonly { name: string; description: string; inputSchema: Record<string, unknown> }[];
  /** The JSON schema that the text is asked to fit; the caller checks whether it does. */
  answerSchema?: Record<string, unknown>;
  signal: AbortSignal;
  /** Told of the text as it comes; null when what has come does not count, for another model begins anew. */
  onText?: (piece: string | null) => void;
  /** Told of an answer that broke off or was stopped, also where another model is asked then: nobody knows what it took. */
  onBroken?: () => void;
}

export interface ModelAnswer {
  text: string;
  calls: ToolCall[];
  /** Whether it ended at the model's own limit of length. */
  isCut: boolean;
  usage: ModelUsage;
}

export interface Model {
  /** `provider:name`. */
  readonly name: string;
  /** Asks once. @throws PerdureError `model_...`, or the signal's reason */
  answer(request: ModelRequest): Promise<ModelAnswer>;
}

export interface Models {
  /** The first of them that answers. @throws PerdureError `model_not_configured` for a name that leads nowhere */
  of(names: readonly string[]): Model;
}

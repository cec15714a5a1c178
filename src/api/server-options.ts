/** Requests and answers that are Express's from their birth. */
import { IncomingMessage, ServerResponse, type ServerOptions } from 'node:http';
import type { Express } from 'express';

/**
 * Express changes the prototype of each request and answer that it is given, and with that every one of them has a
 * hidden class of its own, for as long as a stream is open. Of those made with these options it changes nothing.
 */
export function serverOptionsOf(app: Express): ServerOptions {
  class ExpressRequest extends IncomingMessage {}
  class ExpressResponse extends ServerResponse {}
  app.request = below(app.request, ExpressRequest.prototype);
  app.response = below(app.response, ExpressResponse.prototype);
  // The type wants a class that is generic over its request, and no subclass can be.
  return { IncomingMessage: ExpressRequest, ServerResponse: ExpressResponse as typeof ServerResponse };
}

/** @returns `prototype`, which has Express's methods from now on */
function below<Methods extends object>(express: Methods, prototype: object): Methods {
  return Object.setPrototypeOf(prototype, express) as Methods;
}

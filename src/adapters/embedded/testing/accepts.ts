/** Whether something listens at a port of this machine. */
import net from 'node:net';

export const accepts = (port: number): Promise<boolean> =>
  new Promise((resolve) => {
    const socket = net.connect(port, '127.0.0.1');
    const answer = (did: boolean) => () => {
      socket.destroy();
      resolve(did);
    };
    socket.once('connect', answer(true)).once('error', answer(false));
  });

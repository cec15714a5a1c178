/** Something that is done once, from a button. */
import { useMutation } from '@tanstack/react-query';
import { queries } from '../data/queries.js';
import { complain, say } from '../parts/toasts.js';

/** Says that it is done, or why not, and has what is shown asked for anew. */
export function useAction<Given, Result>(act: (given: Given) => Promise<Result>, done: string) {
  return useMutation<Result, Error, Given>({
    mutationFn: act,
    onSuccess: () => {
      say(done);
      void queries.invalidateQueries();
    },
    onError: complain,
  });
}

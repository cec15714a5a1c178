/** A picture among the files of a run. */
import { useQuery } from '@tanstack/react-query';
import { useEffect, useState, type ReactElement } from 'react';
import { client } from '../data/session.js';
import { Failure, Loading } from '../parts/notices.js';

const imageTypes: Record<string, string> = { svg: 'image/svg+xml', jpg: 'image/jpeg' };

/** In an <img> neither scripts of an SVG run nor is anything loaded by it. */
export function RunImage(props: { runId: string; path: string; alt: string }): ReactElement {
  const { runId, path, alt } = props;
  const { data, error } = useQuery({
    queryKey: ['image', runId, path],
    queryFn: async ({ signal }) => {
      const ending = path.split('.').at(-1)?.toLowerCase() ?? '';
      const content = await (await client.files.get(runId, path, { signal })).arrayBuffer();
      return new Blob([content], { type: imageTypes[ending] ?? `image/${ending}` });
    },
  });
  const [address, setAddress] = useState<string>();
  useEffect(() => {
    if (data === undefined) return;
    const made = URL.createObjectURL(data);
    setAddress(made);
    return () => {
      URL.revokeObjectURL(made);
    };
  }, [data]);
  if (error !== null) return <Failure error={error} />;
  if (address === undefined) return <Loading what={path} lines={3} />;
  return <img className="picture" src={address} alt={alt} />;
}

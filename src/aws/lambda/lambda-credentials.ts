// Stands in for the SDK's search for credentials where functions are bundled: Lambda gives them in the environment, as emulators do.
import { present } from '../../present.ts';

interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
  sessionToken?: string;
}

/** The name by which the SDK's clients import it. */
export const defaultProvider = () => (): Promise<Credentials> => {
  const {
    AWS_ACCESS_KEY_ID: accessKeyId,
    AWS_SECRET_ACCESS_KEY: secretAccessKey,
    AWS_SESSION_TOKEN: sessionToken,
  } = process.env;
  if (!accessKeyId || !secretAccessKey)
    return Promise.reject(new Error('the environment holds no AWS credentials'));
  return Promise.resolve({
    accessKeyId,
    secretAccessKey,
    ...present({ sessionToken: sessionToken || undefined }),
  });
};

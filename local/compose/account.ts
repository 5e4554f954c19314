// The account, region and names that local mode uses on its own AWS endpoints.

export const ACCOUNT = '000000000000';
export const REGION = 'us-east-1';
export const TABLE = 'droppod';
export const MACHINE = 'droppod-pod';
export const STATE_MACHINE_ARN = `arn:aws:states:${REGION}:${ACCOUNT}:stateMachine:${MACHINE}`;

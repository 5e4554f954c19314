// A CloudFront function, at each request: streams go to the function that holds them, everything else to the API's.
// The ids are those of cdk/constructs/distribution.ts; paths and queries are read as the API reads them.
import cf from 'cloudfront';

const WATCH_PATH = /^\/(api\/v1|apis\/[^/]+\/[^/]+)\/watch\//;

function isAsked(value) {
  return value !== undefined && /^(1|t|T|true|TRUE|True)?$/.test(value.value);
}

function handler(event) {
  const request = event.request;
  const isStream =
    isAsked(request.querystring.watch) ||
    isAsked(request.querystring.follow) ||
    WATCH_PATH.test(request.uri);
  if (request.method === 'GET' && isStream) cf.selectRequestOriginById('watch');
  return request;
}

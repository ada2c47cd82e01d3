using Glossa.Benchmarks.Peers;
using Glossa.TorchPeer;

// Glossa.TorchPeer FOLDER plain|sdpa SEQUENCES fp32|bf16 THREADS: takes training steps with TorchSharp when asked to on standard input.
StepServer.Serve(() => new TorchSide(args[0], new TorchVariant(args[1] == "sdpa", int.Parse(args[2]), args[3] == "bf16", int.Parse(args[4]))));

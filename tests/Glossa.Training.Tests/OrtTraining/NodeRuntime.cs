using System.Diagnostics;
using System.Runtime.InteropServices;
using System.Text.Json;
using System.Text.Json.Nodes;
using Glossa.Models.Onnx;
using Glossa.Models.OrtTraining;
using Glossa.Training.Engines.OrtTraining;
using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;

namespace Glossa.Training.Tests.OrtTraining;

/// <summary>The real runtime's WebAssembly build as the engine's session: tools/ort-training-node/session.mjs in a process of its own.</summary>
internal sealed class NodeRuntime : ITrainingRuntime
{
    private readonly Process _process;
    private readonly BinaryWriter _requests;
    private readonly BinaryReader _answers;

    /// <summary>Opens a folder of artifacts; the test is skipped where the tool is not installed.</summary>
    public NodeRuntime(string folder)
    {
        // This build always gives the optimizer a rate of 1e-3.
        string optimizer = Path.Combine(folder, ArtifactNames.OptimizerModel);
        ModelProto model = ModelProto.Parser.ParseFrom(File.ReadAllBytes(optimizer));
        ArtifactsInFolder.Scale(model.Graph, 1000);
        Models.Export.OnnxFile.Write(optimizer, model);
        _process = RealRuntime.Package.Start("session.mjs", "--artifacts", folder);
        _requests = new BinaryWriter(_process.StandardInput.BaseStream);
        _answers = new BinaryReader(_process.StandardOutput.BaseStream);
        Answer();
    }

    public float TrainStep(IReadOnlyList<OrtValue> inputs)
    {
        JsonArray described = [];
        using MemoryStream data = new();
        foreach (OrtValue input in inputs)
        {
            OrtTensorTypeAndShapeInfo info = input.GetTensorTypeAndShape();
            (string type, byte[] bytes) = info.ElementDataType switch
            {
                TensorElementType.Int64 => ("int64", MemoryMarshal.AsBytes(input.GetTensorDataAsSpan<long>()).ToArray()),
                TensorElementType.Float => ("float32", MemoryMarshal.AsBytes(input.GetTensorDataAsSpan<float>()).ToArray()),
                TensorElementType other => throw new NotSupportedException(other.ToString()),
            };
            described.Add(new JsonObject { ["type"] = type, ["dims"] = new JsonArray([.. info.Shape.Select(d => (JsonNode)d)]), ["bytes"] = bytes.Length });
            data.Write(bytes);
        }
        return (float)Call("train", data.ToArray(), ("inputs", described)).Header["loss"]!.GetValue<double>();
    }

    public void LazyResetGrad() => Call("reset");

    public void OptimizerStep(float learningRate)
    {
        Debug.Assert(learningRate == 1);
        Call("optimize");
    }

    public void ReadParameters(Span<float> parameters) => MemoryMarshal.Cast<byte, float>(Call("read").Bytes).CopyTo(parameters);

    public void WriteParameters(ReadOnlySpan<float> parameters) => Call("write", MemoryMarshal.AsBytes(parameters).ToArray());

    public void Dispose()
    {
        _requests.Dispose();
        if (!_process.WaitForExit(10_000)) _process.Kill();
        _process.Dispose();
    }

    private (JsonNode Header, byte[] Bytes) Call(string name, byte[]? payload = null, params (string Key, JsonNode Value)[] rest)
    {
        JsonObject header = new() { ["call"] = name, ["bytes"] = payload?.Length ?? 0 };
        foreach ((string key, JsonNode value) in rest) header[key] = value;
        byte[] text = JsonSerializer.SerializeToUtf8Bytes(header);
        _requests.Write(text.Length);
        _requests.Write(text);
        if (payload is not null) _requests.Write(payload);
        _requests.Flush();
        return Answer();
    }

    private (JsonNode Header, byte[] Bytes) Answer()
    {
        byte[] length = _answers.ReadBytes(4);
        if (length.Length < 4) throw new WorkException(_process.StandardError.ReadToEnd().Trim());
        JsonNode header = JsonNode.Parse(_answers.ReadBytes(BitConverter.ToInt32(length)))!;
        byte[] bytes = _answers.ReadBytes(header["bytes"]!.GetValue<int>());
        return header["error"] is { } error ? throw new WorkException(error.GetValue<string>()) : (header, bytes);
    }
}
